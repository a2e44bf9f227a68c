package pykraken

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"testing"

	"github.com/youmark/pkcs8"
)

func TestAnEncryptedKey(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	locked, err := pkcs8.MarshalPrivateKey(key, []byte("s3cret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write := func(name, kind string, body []byte) string {
		path := folder + "/" + name
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: body}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	chain := write("c.pem", "CERTIFICATE", certificate)
	private := write("k.pem", "ENCRYPTED PRIVATE KEY", locked)
	if _, err := keyPair(chain, private, "s3cret"); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "other"} {
		if _, err := keyPair(chain, private, wrong); err == nil {
			t.Errorf("the key opened with %q", wrong)
		}
	}
}
