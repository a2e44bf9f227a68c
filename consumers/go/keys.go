// The client's certificate and key for mutual TLS.

package pykraken

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/youmark/pkcs8"
)

// keyPair reads a certificate and its key, which may stand in one file, and may be encrypted.
func keyPair(certificate, key, password string) (tls.Certificate, error) {
	if password == "" {
		return tls.LoadX509KeyPair(certificate, cmp.Or(key, certificate))
	}
	chain, err := os.ReadFile(certificate)
	if err != nil {
		return tls.Certificate{}, err
	}
	text, err := os.ReadFile(cmp.Or(key, certificate))
	if err != nil {
		return tls.Certificate{}, err
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "ENCRYPTED PRIVATE KEY" {
			continue
		}
		private, err := pkcs8.ParsePKCS8PrivateKey(block.Bytes, []byte(password))
		if err != nil {
			return tls.Certificate{}, fmt.Errorf("ssl_password does not open the key: %w", err)
		}
		plain, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			return tls.Certificate{}, err
		}
		return tls.X509KeyPair(chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: plain}))
	}
	return tls.Certificate{}, errors.New("the key must be encrypted as PKCS #8 where ssl_password is given")
}
