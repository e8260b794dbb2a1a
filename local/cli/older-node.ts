// Of Node 24 and newer, and missing in Node 22.
import "core-js/actual/async-disposable-stack/index.js";
import "core-js/actual/disposable-stack/index.js";
