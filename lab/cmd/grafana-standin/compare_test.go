package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// learned are the ids and uids that the genuine server made up, each with the stand-in's own in its place.
type learned map[string]string

var (
	madeUpUID = regexp.MustCompile(`^([a-z]g52[a-z0-9]{10}|[0-9a-f]{8}-[0-9a-f]{4}-.{22})$`)
	cutMark   = regexp.MustCompile(`^\.\.\. \d+ in all$`)
	uidKeys   = []string{"uid", "folderUid"}
	idKeys    = []string{"id", "dashboardId", "folderId"}
)

// translate writes the stand-in's ids and uids into recorded text.
func (l learned) translate(text string) string {
	var pairs []string
	for recorded, own := range l {
		pairs = append(pairs, recorded, own)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// learn takes in new ids and uids from an answer.
func (l learned) learn(recorded, own any) {
	switch recorded := recorded.(type) {
	case []any:
		list, _ := own.([]any)
		for i := range min(len(recorded), len(list)) {
			l.learn(recorded[i], list[i])
		}
	case obj:
		fields, _ := own.(obj)
		for key, value := range recorded {
			text, mine := literal(value), literal(fields[key])
			made := slices.Contains(uidKeys, key) && madeUpUID.MatchString(text) || slices.Contains(idKeys, key) && len(text) > 15
			if made && mine != "" && !slices.Contains(values(l), text) {
				l[text] = mine
			}
			l.learn(value, fields[key])
		}
	}
}

func values(l learned) (list []string) {
	for _, own := range l {
		list = append(list, own)
	}
	return list
}

func literal(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// differences between a recorded value and the stand-in's: keys, types, and values except times and measured numbers.
func differences(at string, recorded, own any) []string {
	switch recorded := recorded.(type) {
	case obj:
		return objectDifferences(at, recorded, own)
	case []any:
		return listDifferences(at, recorded, own)
	case json.Number:
		if mine, ok := own.(json.Number); ok && (recorded == mine || bothTimes(recorded, mine)) {
			return nil
		}
	case string:
		mine, isText := own.(string)
		if strings.HasPrefix(recorded, "(left out") || isText && (recorded == mine || dated(recorded) && dated(mine)) {
			return nil
		}
	default:
		if reflect.DeepEqual(recorded, own) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: recorded %v, here %v (%T)", at, recorded, own, own)}
}

func objectDifferences(at string, recorded obj, own any) (list []string) {
	fields, ok := own.(obj)
	if !ok {
		return []string{fmt.Sprintf("%s: recorded an object, here %v", at, own)}
	}
	for key, value := range recorded {
		mine, there := fields[key]
		if !there {
			list = append(list, fmt.Sprintf("%s.%s: recorded %v, missing here", at, key, value))
			continue
		}
		list = append(list, differences(at+"."+key, value, mine)...)
	}
	for key, value := range fields {
		if _, there := recorded[key]; !there {
			list = append(list, fmt.Sprintf("%s.%s: %v here only", at, key, value))
		}
	}
	return list
}

// listDifferences compares as much as was recorded. The numbers of a range are measured ones: their type counts.
func listDifferences(at string, recorded []any, own any) (list []string) {
	mine, ok := own.([]any)
	if !ok {
		return []string{fmt.Sprintf("%s: recorded a list, here %v", at, own)}
	}
	whole := true
	if n := len(recorded) - 1; n >= 0 && cutMark.MatchString(literal(recorded[n])) {
		recorded, whole = recorded[:n], false
	}
	if len(mine) < len(recorded) || whole && len(mine) > len(recorded) {
		return []string{fmt.Sprintf("%s: recorded %d entries, here %d: %v", at, len(recorded), len(mine), mine)}
	}
	for i, value := range recorded {
		if _, number := value.(json.Number); number && !whole {
			if _, number = mine[i].(json.Number); number {
				continue
			}
		}
		list = append(list, differences(at+"["+strconv.Itoa(i)+"]", value, mine[i])...)
	}
	return list
}

func bothTimes(a, b json.Number) bool {
	one, _ := a.Float64()
	other, _ := b.Float64()
	return one > 1e9 && one < 1e14 && other > 1e9 && other < 1e14
}

func dated(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil && !strings.HasPrefix(text, "0001")
}
