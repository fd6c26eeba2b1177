package main

import (
	"bytes"
	"encoding/json"
	"strings"

	yaml3 "go.yaml.in/yaml/v3"
)

// tree is a configuration that can be written with parts left out, so that upstream's code can be asked which part it
// refuses.
type tree struct {
	root *treeNode
}

type treeNode struct {
	kind     yaml3.Kind
	text     string // Of a scalar, as it is written.
	plain    bool   // The scalar has no quotes.
	value    string
	line     int // In the text that was given.
	children []*treeEntry
}

type treeEntry struct {
	key   string // Of a mapping.
	head  string // The key as it is written.
	line  int    // Of the key, or of the item.
	index int    // Of a list.
	node  *treeNode
	gone  bool
}

// mostNodes bounds what is searched: aliases of aliases can stand for any number.
const mostNodes = 20_000

// readTree returns nil for a text that cannot be taken apart.
func readTree(text string) *tree {
	var document yaml3.Node
	if yaml3.Unmarshal([]byte(text), &document) != nil || len(document.Content) != 1 {
		return nil
	}
	left := mostNodes
	root := readNode(document.Content[0], &left)
	if root == nil || left <= 0 {
		return nil
	}
	return &tree{root}
}

func readNode(from *yaml3.Node, left *int) *treeNode {
	for from.Kind == yaml3.AliasNode {
		from = from.Alias
	}
	if *left--; *left <= 0 {
		return nil
	}
	made := &treeNode{kind: from.Kind, value: from.Value, line: from.Line}
	step := 1
	switch from.Kind {
	case yaml3.ScalarNode:
		made.text, made.plain = scalarText(from)
		return made
	case yaml3.MappingNode:
		step = 2
	}
	for at := 0; at+step <= len(from.Content); at += step {
		entry := &treeEntry{index: at / step, line: from.Content[at].Line}
		if step == 2 {
			if from.Content[at].Kind != yaml3.ScalarNode {
				return nil
			}
			entry.key = from.Content[at].Value
			entry.head, _ = scalarText(from.Content[at])
		}
		if entry.node = readNode(from.Content[at+step-1], left); entry.node == nil {
			return nil
		}
		made.children = append(made.children, entry)
	}
	return made
}

func scalarText(node *yaml3.Node) (text string, plain bool) {
	isQuoted := node.Style&(yaml3.DoubleQuotedStyle|yaml3.SingleQuotedStyle|yaml3.LiteralStyle|yaml3.FoldedStyle) != 0
	tag := ""
	if node.Style&yaml3.TaggedStyle != 0 {
		tag = node.Tag + " "
	}
	if !isQuoted && !strings.ContainsAny(node.Value, "\n") {
		return tag + node.Value, true
	}
	return tag + quote(node.Value), false
}

// quote writes a text between double quotes, on one line.
func quote(text string) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text)
	return strings.TrimSuffix(buffer.String(), "\n")
}

// place is a node, and how to get to it.
type place struct {
	path []any
	node *treeNode
}

// child returns the place of an entry.
func (p place) child(entry *treeEntry) place {
	step := any(entry.index)
	if p.node.kind == yaml3.MappingNode {
		step = entry.key
	}
	return place{append(append([]any{}, p.path...), step), entry.node}
}

// writer writes a tree so that every key and every item has a line of its own.
type writer struct {
	text  strings.Builder
	lines [][]place // What begins on a line: collections first, the scalar last.
}

func (t *tree) write() *writer {
	made := &writer{}
	made.node(place{[]any{}, t.root}, "")
	return made
}

// yamlOf writes what stands below a node alone.
func yamlOf(node *treeNode) string {
	made := &writer{}
	made.node(place{nil, node}, "")
	return made.text.String()
}

func (w *writer) line(text string, what ...place) {
	w.text.WriteString(text + "\n")
	w.lines = append(w.lines, what)
}

func (w *writer) node(at place, indent string) {
	if at.node.kind == yaml3.ScalarNode {
		w.line(indent+at.node.text, at)
		return
	}
	begin := len(w.lines)
	for _, entry := range at.node.children {
		if entry.gone {
			continue
		}
		head := indent + "-"
		if at.node.kind == yaml3.MappingNode {
			head = indent + entry.head + ":"
		}
		below := at.child(entry)
		switch {
		case below.node.kind == yaml3.ScalarNode:
			w.line(head+" "+below.node.text, below)
		case below.node.isEmpty():
			w.line(head+" "+below.node.brackets(), below)
		default:
			w.line(head, below)
			w.node(below, indent+"  ")
		}
	}
	if begin == len(w.lines) {
		w.line(indent+at.node.brackets(), at)
		return
	}
	w.lines[begin] = append([]place{at}, w.lines[begin]...)
}

func (n *treeNode) isEmpty() bool {
	for _, entry := range n.children {
		if !entry.gone {
			return false
		}
	}
	return true
}

func (n *treeNode) brackets() string {
	if n.kind == yaml3.MappingNode {
		return "{}"
	}
	return "[]"
}

// lineOf returns the line on which the part at a path begins.
func (t *tree) lineOf(path []any) int {
	at, line := t.root, t.root.line
	for _, step := range path {
		for _, entry := range at.children {
			if step == any(entry.index) && at.kind == yaml3.SequenceNode || step == any(entry.key) && at.kind == yaml3.MappingNode {
				at, line = entry.node, entry.line
				break
			}
		}
	}
	return line
}

// get returns the child at a key, or nil.
func (n *treeNode) get(key string) *treeNode {
	for _, entry := range n.children {
		if n.kind == yaml3.MappingNode && !entry.gone && entry.key == key {
			return entry.node
		}
	}
	return nil
}

// items returns what is still in a list.
func (n *treeNode) items() []*treeEntry {
	if n == nil || n.kind != yaml3.SequenceNode {
		return nil
	}
	left := []*treeEntry{}
	for _, entry := range n.children {
		if !entry.gone {
			left = append(left, entry)
		}
	}
	return left
}
