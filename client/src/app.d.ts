/** Whether these pages are for tests: with the made-up engine and the bridge in them. */
declare const __TEST_PAGES__: boolean;
