//go:build !js

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// main is for this machine: with two folders of upstream's modules it prints their test data with upstream's own
// verdicts, else it is the same program, with lines of {"kind": ..., "item": ...} as its input.
func main() {
	if len(os.Args) == 3 {
		all, err := knownVerdicts(os.Args[1], os.Args[2])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(toJSON(all))
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var request struct {
			Kind string          `json:"kind"`
			Item json.RawMessage `json:"item"`
		}
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(judge(request.Kind, string(request.Item)))
	}
}
