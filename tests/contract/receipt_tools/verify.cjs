// Reads {receipt, keys, issuer} from standard input and writes what the receipt claims.
// Ends with 1 and the error's code for one that does not verify.
const { createLocalJWKSet, jwtVerify } = require("jose");

async function main() {
  const { receipt, keys, issuer } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const verified = await jwtVerify(receipt, createLocalJWKSet(keys), {
    issuer,
    algorithms: ["EdDSA"],
    typ: "rate-receipt+jwt",
  });
  process.stdout.write(JSON.stringify(verified.payload));
}

main().catch((error) => {
  process.stderr.write(error.code ?? String(error));
  process.exit(1);
});
