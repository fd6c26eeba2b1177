package main

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yaml3 "go.yaml.in/yaml/v3"
	yamlOld "gopkg.in/yaml.v2"

	"github.com/prometheus/alertmanager/config"
)

var (
	unknownField = regexp.MustCompile(`^field (.+) not found in type (\S+)$`)
	wrongType    = regexp.MustCompile("^cannot unmarshal (!!\\w+)")
	quotedName   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// placeErrors finds for each error the part of the configuration that it is about.
func placeErrors(whole *tree, written *writer, errs []upstreamError) []upstreamError {
	var found []upstreamError
	for _, one := range errs {
		if one.Line > 0 && one.Line <= len(written.lines) {
			one.Path = pathOnLine(written.lines[one.Line-1], one.Message)
		} else {
			one.Path = pathOfMessage(whole, one.Message)
		}
		if match := unknownField.FindStringSubmatch(one.Message); match != nil {
			one.Known = knownKeys(one.Path[:max(0, len(one.Path)-1)])
		}
		one.Line, one.Column = whole.lineOf(one.Path), 0
		found = append(found, one)
	}
	return found
}

// pathOnLine returns the path of what a decoder's error is about: it names the line on which that begins.
func pathOnLine(places []place, message string) []any {
	if len(places) == 0 {
		return []any{}
	}
	last := places[len(places)-1]
	if unknownField.MatchString(message) {
		return last.path
	}
	if match := wrongType.FindStringSubmatch(message); match != nil {
		for _, one := range places {
			if (match[1] == "!!map") == (one.node.kind == yaml3.MappingNode) && (match[1] == "!!seq") == (one.node.kind == yaml3.SequenceNode) {
				return one.path
			}
		}
	}
	return last.path
}

// pathOfMessage finds the place of an error that names none: of a part that is refused by itself, else of what the
// configuration as a whole lacks.
func pathOfMessage(whole *tree, message string) []any {
	top := place{[]any{}, whole.root}
	if found, ok := refusedAlone(top, reflect.TypeFor[config.Config](), message, true); ok {
		return mentioned(found, message).path
	}
	return pathAsAWhole(whole, message)
}

// refusedAlone returns the innermost part that upstream's type refuses with the same words.
func refusedAlone(at place, kind reflect.Type, message string, isTop bool) (place, bool) {
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if !isTop && !refuses(yamlOf(at.node), kind, message) {
		return place{}, false
	}
	for _, entry := range at.node.children {
		if entry.gone {
			continue
		}
		below := at.child(entry)
		if inner := typeBelow(kind, entry); inner != nil {
			if found, ok := refusedAlone(below, inner, message, false); ok {
				return found, true
			}
		}
		if isTop || kind.Kind() == reflect.Struct {
			continue
		}
		alone := &treeNode{kind: at.node.kind, children: []*treeEntry{entry}}
		if refuses(yamlOf(alone), kind, message) {
			return below, true
		}
	}
	return at, !isTop
}

func refuses(text string, kind reflect.Type, message string) bool {
	err := yamlOld.UnmarshalStrict([]byte(text), reflect.New(kind).Interface())
	return err != nil && err.Error() == message
}

// typeBelow returns the type of an entry of a mapping or a list; nil where only upstream's code knows it.
func typeBelow(kind reflect.Type, entry *treeEntry) reflect.Type {
	switch kind.Kind() {
	case reflect.Struct:
		return fieldTypes(kind)[entry.key]
	case reflect.Map, reflect.Slice:
		return kind.Elem()
	}
	return nil
}

// fieldTypes returns the keys of a mapping that upstream knows.
func fieldTypes(kind reflect.Type) map[string]reflect.Type {
	found := map[string]reflect.Type{}
	for field := range kind.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if strings.Contains(options, "inline") && field.Type.Kind() == reflect.Struct {
			for key, inner := range fieldTypes(field.Type) {
				found[key] = inner
			}
		} else if name != "" && name != "-" {
			found[name] = field.Type
		}
	}
	return found
}

// knownKeys returns the keys that may stand in the mapping at a path, sorted.
func knownKeys(path []any) []string {
	kind := reflect.TypeFor[config.Config]()
	for _, step := range path {
		for kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		entry := &treeEntry{}
		if key, ok := step.(string); ok {
			entry.key = key
		}
		if kind = typeBelow(kind, entry); kind == nil {
			return nil
		}
	}
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if kind.Kind() != reflect.Struct {
		return nil
	}
	keys := []string{}
	for key := range fieldTypes(kind) {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// mentioned goes on to the key, and to the item of a list, that a message names.
func mentioned(at place, message string) place {
	last, entry := -1, (*treeEntry)(nil)
	for _, one := range at.node.children {
		if one.gone {
			continue
		}
		word := one.key
		if at.node.kind == yaml3.SequenceNode {
			word = strconv.Quote(one.node.value)
		}
		if found := wordIn(message, word); found >= last && found >= 0 {
			last, entry = found, one
		}
	}
	if entry == nil {
		return at
	}
	return mentioned(at.child(entry), message)
}

// wordIn returns where a word stands for the last time, or -1.
func wordIn(message, word string) int {
	if word == "" {
		return -1
	}
	found := regexp.MustCompile(`(?:^|[^\w.])()`+regexp.QuoteMeta(word)+`(?:$|[^\w])`).FindAllStringSubmatchIndex(message, -1)
	if len(found) == 0 {
		return -1
	}
	return found[len(found)-1][2]
}

// pathAsAWhole is for what config.Config checks itself: the global part, then the receivers, then the routes.
func pathAsAWhole(whole *tree, message string) []any {
	top := place{[]any{}, whole.root}
	name := strings.Trim(quotedName.FindString(message), `"`)
	switch {
	case strings.HasPrefix(message, "no route"):
		return []any{}
	case strings.HasPrefix(message, "undefined receiver"):
		return firstRoute(top, func(route place) []any { return valueAt(route, "receiver", name) })
	case strings.HasPrefix(message, "undefined time interval"):
		return firstRoute(top, func(route place) []any {
			if found := valueAt(route, "active_time_intervals", name); found != nil {
				return found
			}
			return valueAt(route, "mute_time_intervals", name)
		})
	case strings.HasSuffix(message, "is not unique"):
		return lastNamed(top, name)
	case strings.Contains(message, "root route"):
		return rootRoute(top, message)
	}
	if global := top.node.get("global"); global != nil && strings.HasPrefix(message, "at most one of") {
		if found := mentioned(place{[]any{"global"}, global}, message); len(found.path) > 1 {
			return found.path
		}
	}
	return integration(whole, message)
}

// valueAt returns the path of the value at a key, or of the item of its list, that is a text.
func valueAt(at place, key, text string) []any {
	node := at.node.get(key)
	if node == nil {
		return nil
	}
	below := place{append(slices.Clone(at.path), key), node}
	if node.kind == yaml3.ScalarNode && node.value == text {
		return below.path
	}
	for _, entry := range node.items() {
		if entry.node.value == text {
			return below.child(entry).path
		}
	}
	return nil
}

// firstRoute goes through the routes as upstream does: the children first.
func firstRoute(top place, find func(place) []any) []any {
	var search func(route place) []any
	search = func(route place) []any {
		if routes := route.node.get("routes"); routes != nil {
			below := place{append(slices.Clone(route.path), "routes"), routes}
			for _, entry := range routes.items() {
				if found := search(below.child(entry)); found != nil {
					return found
				}
			}
		}
		return find(route)
	}
	if route := top.node.get("route"); route != nil {
		if found := search(place{[]any{"route"}, route}); found != nil {
			return found
		}
	}
	return []any{"route"}
}

// lastNamed returns the last receiver or time interval of a name, which is the one too many.
func lastNamed(top place, name string) []any {
	found := []any{}
	for _, key := range []string{"receivers", "mute_time_intervals", "time_intervals"} {
		list := top.node.get(key)
		count := 0
		for _, entry := range list.items() {
			if path := valueAt(place{[]any{key}, list}.child(entry), "name", name); path != nil {
				count++
				if count > 1 || key == "time_intervals" || len(found) == 0 {
					found = path
				}
			}
		}
		if count > 1 {
			return found
		}
	}
	return found
}

func rootRoute(top place, message string) []any {
	route := top.node.get("route")
	if route == nil {
		return []any{}
	}
	keys := []string{"receiver"}
	switch {
	case strings.Contains(message, "continue"):
		keys = []string{"continue"}
	case strings.Contains(message, "matchers"):
		keys = []string{"matchers", "match_re", "match"}
	case strings.Contains(message, "mute time"):
		keys = []string{"mute_time_intervals"}
	case strings.Contains(message, "active time"):
		keys = []string{"active_time_intervals"}
	}
	for _, key := range keys {
		if node := route.get(key); node != nil && (!node.isEmpty() || node.value != "") {
			return []any{"route", key}
		}
	}
	return []any{"route"}
}

// integration returns the first integration without which a message is another one.
func integration(whole *tree, message string) []any {
	type candidate struct {
		place
		entry *treeEntry
	}
	var all []candidate
	receivers := whole.root.get("receivers")
	for _, receiver := range receivers.items() {
		at := place{[]any{"receivers"}, receivers}.child(receiver)
		for _, list := range at.node.children {
			if list.gone || !strings.HasSuffix(list.key, "_configs") {
				continue
			}
			below := at.child(list)
			for _, entry := range list.node.items() {
				all = append(all, candidate{below.child(entry), entry})
			}
		}
	}
	says := func() bool {
		_, err := config.Load(whole.write().text.String())
		return err != nil && err.Error() == message
	}
	// From the end: what is not needed for the message stays away, so that the first of several is left.
	var left *candidate
	for index := range slices.Backward(all) {
		all[index].entry.gone = true
		if !says() {
			all[index].entry.gone = false
			left = &all[index]
		}
	}
	for _, one := range all {
		one.entry.gone = false
	}
	if left == nil {
		return []any{}
	}
	return mentioned(left.place, message).path
}

// leaveOut takes away what errors are about, as little as does not cause others: an item of a list, but of a receiver and a
// time interval its name stays. It returns false when that is not possible.
func leaveOut(whole *tree, errs []upstreamError) bool {
	for _, one := range errs {
		if !leaveOutAt(whole, one.Path) {
			return false
		}
	}
	return true
}

func leaveOutAt(whole *tree, path []any) bool {
	at := whole.root
	var item *treeEntry
	var named *treeNode
	for index, step := range path {
		var next *treeEntry
		for _, entry := range at.children {
			if step == any(entry.index) && at.kind == yaml3.SequenceNode || step == any(entry.key) && at.kind == yaml3.MappingNode {
				next = entry
			}
		}
		if next == nil {
			break
		}
		isNamed := index == 1 && slices.Contains([]any{"receivers", "time_intervals", "mute_time_intervals"}, path[0])
		switch {
		case isNamed && next.node.get("name") == nil:
			return false // Whoever names it would be refused next.
		case isNamed:
			named = next.node
		case at.kind == yaml3.SequenceNode:
			item = next
		case index == 0 && step != any("global") && step != any("route") && step != any("receivers"):
			item = next
		}
		at = next.node
	}
	if item == nil && named == nil && len(path) > 1 && path[0] == any("global") {
		return leaveOutGlobal(whole, path[1])
	}
	if item != nil {
		if item.gone {
			return true // Another error was about it as well.
		}
		item.gone = true
		return true
	}
	if named == nil {
		return false
	}
	left := false
	for _, entry := range named.children {
		if entry.key != "name" && !entry.gone {
			entry.gone, left = true, true
		}
	}
	return left
}

// leaveOutGlobal takes away a global setting, and with it all integrations: they may need it.
func leaveOutGlobal(whole *tree, key any) bool {
	left := false
	for _, entry := range whole.root.get("global").children {
		if any(entry.key) == key && !entry.gone {
			entry.gone, left = true, true
		}
	}
	for _, receiver := range whole.root.get("receivers").items() {
		for _, entry := range receiver.node.children {
			if entry.key != "name" {
				entry.gone = true
			}
		}
	}
	return left
}
