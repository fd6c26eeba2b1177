//go:build !js

package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	goparser "go/parser"
	"go/token"
	"go/types"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	alertmanager "github.com/prometheus/alertmanager/config"
	"github.com/prometheus/common/model"
	prometheus "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// known is one of upstream's own test data, and what upstream's own functions say of it on this machine.
type known struct {
	Suite string `json:"suite"`
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Item  any    `json:"item"`
	// Refusal is upstream's message; empty for what is accepted.
	Refusal string `json:"refusal"`
	// NotText: it is no UTF-8, which is lost where it becomes a text.
	NotText bool `json:"notText,omitempty"`
}

// knownVerdicts reads the test data of the modules in these folders.
func knownVerdicts(prometheusDir, alertmanagerDir string) ([]known, error) {
	var all []known
	suites := []struct {
		pattern string
		of      func(path, text string) []known
	}{
		{filepath.Join(alertmanagerDir, "config/testdata/*"), ofAlertmanager},
		{filepath.Join(prometheusDir, "model/rulefmt/testdata/*"), ofRules},
		{filepath.Join(prometheusDir, "cmd/promtool/testdata/*.yml"), ofPromtool},
		{filepath.Join(prometheusDir, "config/testdata/*.yml"), ofPrometheus},
	}
	for _, suite := range suites {
		paths, err := filepath.Glob(suite.pattern)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			bytes, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			for _, one := range suite.of(path, string(bytes)) {
				one.Name, one.NotText = filepath.Base(path), !utf8.Valid(bytes)
				all = append(all, one)
			}
		}
	}
	expressions, err := ofExpressions(filepath.Join(prometheusDir, "promql/parser/parse_test.go"))
	return append(all, expressions...), err
}

func ofAlertmanager(path, text string) []known {
	_, err := alertmanager.LoadFile(path)
	return []known{{
		Suite: "Alertmanager, config/testdata", Kind: "alertmanager",
		Item: alertmanagerRequest{Text: text}, Refusal: messageOf(err),
	}}
}

func ofRules(path, text string) []known {
	return rulesBy("Prometheus, model/rulefmt/testdata", path, text)
}

// rulesBy has each file twice: names as they may be now, and as before Prometheus 3.
func rulesBy(suite, path, text string) []known {
	var found []known
	for _, scheme := range []model.ValidationScheme{model.UTF8Validation, model.LegacyValidation} {
		_, errs := rulefmt.ParseFile(path, false, scheme, parserWith(nil), silent)
		one := known{
			Suite: suite, Kind: "rules",
			Item: rulesRequest{Text: text, LegacyNames: scheme == model.LegacyValidation},
		}
		if len(errs) > 0 {
			one.Refusal = errs[0].Error()
		}
		found = append(found, one)
	}
	return found
}

// ofPromtool tells rule files and configurations from what else lies there: unit tests, targets, samples.
func ofPromtool(path, text string) []known {
	const suite = "Prometheus, cmd/promtool/testdata"
	var keys map[string]yaml.Node
	if err := yaml.Unmarshal([]byte(text), &keys); err != nil {
		return nil // a list of targets
	}
	switch {
	case has(keys, "tests"):
		return nil
	case has(keys, "groups"):
		return rulesBy(suite, path, text)
	default:
		return prometheusBy(suite, path, text)
	}
}

func ofPrometheus(path, text string) []known {
	return prometheusBy("Prometheus, config/testdata", path, text)
}

func prometheusBy(suite, path, text string) []known {
	_, err := prometheus.LoadFile(path, false, silent)
	return []known{{Suite: suite, Kind: "scrape", Item: scrapeRequest{Text: text}, Refusal: messageOf(err)}}
}

func has(keys map[string]yaml.Node, name string) bool {
	_, ok := keys[name]
	return ok
}

func messageOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// ofExpressions reads the table testExpr of the parser's tests, which says what must fail.
func ofExpressions(path string) ([]known, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := goparser.ParseFile(token.NewFileSet(), path, source, 0)
	if err != nil {
		return nil, err
	}
	table, ok := file.Scope.Lookup("testExpr").Decl.(*ast.ValueSpec)
	if !ok {
		return nil, fmt.Errorf("%s has no table testExpr", path)
	}
	var found []known
	for _, row := range table.Values[0].(*ast.CompositeLit).Elts {
		input, fails := "", false
		for _, field := range row.(*ast.CompositeLit).Elts {
			pair := field.(*ast.KeyValueExpr)
			switch pair.Key.(*ast.Ident).Name {
			case "input":
				if input, err = textOf(source, pair.Value); err != nil {
					return nil, err
				}
			case "fail":
				fails = pair.Value.(*ast.Ident).Name == "true"
			}
		}
		one, err := ofExpression(input, fails)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

// ofExpression makes sure that the table and the function agree, as upstream's test does.
func ofExpression(input string, fails bool) (known, error) {
	// As in TestParseExpressions.
	features := []string{"promql-experimental-functions", "promql-extended-range-selectors"}
	_, err := parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true,
	}).ParseExpr(input)
	if fails != (err != nil) {
		return known{}, fmt.Errorf("%q: the table says fail: %v, the function %v", input, fails, err)
	}
	return known{
		Suite: "Prometheus, promql/parser/parse_test.go", Name: input, Kind: "expression",
		Item: expressionRequest{Text: input, Features: features}, Refusal: messageOf(err), NotText: !utf8.ValidString(input),
	}, nil
}

// textOf evaluates an input: constants, strings.Repeat, fmt.Sprintf of a number, and sums of these.
func textOf(source []byte, expr ast.Expr) (string, error) {
	switch expr := expr.(type) {
	case *ast.BinaryExpr:
		left, err := textOf(source, expr.X)
		if err != nil {
			return "", err
		}
		right, err := textOf(source, expr.Y)
		return left + right, err
	case *ast.CallExpr:
		text, err := valueOf(source, expr.Args[0])
		if err != nil {
			return "", err
		}
		number, err := valueOf(source, expr.Args[1])
		if err != nil {
			return "", err
		}
		amount, _ := constant.Float64Val(number)
		if expr.Fun.(*ast.SelectorExpr).Sel.Name == "Sprintf" {
			return fmt.Sprintf(constant.StringVal(text), amount), nil
		}
		return strings.Repeat(constant.StringVal(text), int(amount)), nil
	}
	text, err := valueOf(source, expr)
	if err != nil {
		return "", err
	}
	return constant.StringVal(text), nil
}

// named are the constants of other packages that the table uses.
var named = strings.NewReplacer(
	"math.MaxInt64", strconv.FormatInt(math.MaxInt64, 10), "math.MinInt64", strconv.FormatInt(math.MinInt64, 10),
)

func valueOf(source []byte, expr ast.Expr) (constant.Value, error) {
	text := named.Replace(string(source[expr.Pos()-1 : expr.End()-1]))
	made, err := types.Eval(token.NewFileSet(), nil, token.NoPos, text)
	return made.Value, err
}
