import { gzipSync } from "node:zlib";
import { bundleCli, bundleQuick, bundleReading } from "./cli-bundle.ts";
import { thirdPartyNotices } from "./third-party-notices.ts";
import { writeIfChanged } from "./write-if-changed.ts";

const { code, metafile } = await bundleCli();
writeIfChanged("dist/cli/regild.cjs", code);
writeIfChanged("dist/cli/reading.cjs", (await bundleReading()).code);
writeIfChanged("dist/cli/quick.cjs", await bundleQuick());
writeIfChanged("dist/cli/THIRD-PARTY-NOTICES.txt", Buffer.from(thirdPartyNotices(metafile)));
const [kb, gzippedKb] = [code, gzipSync(code)].map(({ length }) => (length / 1024).toFixed(0));
console.log(`dist/cli/regild.cjs ${kb} KB, ${gzippedKb} KB gzipped`);
