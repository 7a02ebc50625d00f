// What the engine passes on as the server said it: the types of the API's description, which the portal has too.
import type { components } from '../../../../admin-web/src/lib/api/schema';

type Schemas = components['schemas'];
export type Game = Schemas['Game'];
export type Build = Schemas['Build'];
export type BlobId = Schemas['BlobId'];
export type BytesBySource = Schemas['BytesBySource'];
export type TransferKind = 'install' | 'update' | 'switch' | 'repair';
