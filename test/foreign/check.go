// Checks what the service says about its log with code that is not ours: Go's implementation of signed notes and transparency logs, of
// which the checksum database of Go modules is made. Files: the public keys, an older and a newer checkpoint, a C2SP tlog-proof, the entry
// that it is about, and the hashes of a consistency proof. Fails if anything does not hold.
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(format string, args ...interface{}) {
	fmt.Printf(format+"\n", args...)
	os.Exit(1)
}

func read(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		fail("%v", err)
	}
	return string(data)
}

func hash(text string) tlog.Hash {
	var h tlog.Hash
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) != len(h) {
		fail("no hash: %q", text)
	}
	copy(h[:], data)
	return h
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		fail("no number: %q", text)
	}
	return n
}

func open(text string, verifiers note.Verifiers) (int64, tlog.Hash) {
	opened, err := note.Open([]byte(text), verifiers)
	if err != nil {
		fail("the checkpoint: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	return number(lines[1]), hash(lines[2])
}

func main() {
	var keys []note.Verifier
	for _, line := range strings.Fields(read(os.Args[1])) {
		key, err := note.NewVerifier(line)
		if err != nil {
			fail("the key %s: %v", line, err)
		}
		keys = append(keys, key)
	}
	verifiers := note.VerifierList(keys...)
	oldSize, oldRoot := open(read(os.Args[2]), verifiers)
	size, root := open(read(os.Args[3]), verifiers)

	proof := strings.SplitN(read(os.Args[4]), "\n\n", 2)
	proofSize, proofRoot := open(proof[1], verifiers)
	head := strings.Split(proof[0], "\n")
	if head[0] != "c2sp.org/tlog-proof@v1" {
		fail("no tlog-proof: %q", head[0])
	}
	var path tlog.RecordProof
	for _, line := range head[2:] {
		path = append(path, hash(line))
	}
	index := number(strings.TrimPrefix(head[1], "index "))
	if err := tlog.CheckRecord(path, proofSize, proofRoot, index, tlog.RecordHash([]byte(read(os.Args[5])))); err != nil {
		fail("the inclusion proof: %v", err)
	}

	var tree tlog.TreeProof
	for _, line := range strings.Fields(read(os.Args[6])) {
		tree = append(tree, hash(line))
	}
	if err := tlog.CheckTree(tree, size, root, oldSize, oldRoot); err != nil {
		fail("the consistency proof: %v", err)
	}
	fmt.Printf("leaf %d is in the tree of %d, which begins with the tree of %d\n", index, proofSize, oldSize)
}
