import { connect } from '$lib/backend';

export const load = async () => ({ backend: await connect() });
