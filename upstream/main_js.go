//go:build js

package main

import "syscall/js"

// main gives the process around it one function, judgeUpstream(kind, item), and waits for calls.
func main() {
	js.Global().Set("judgeUpstream", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return judge(args[0].String(), args[1].String())
	}))
	select {}
}
