package main

import (
	"slices"
	"sort"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// node is one node of an expression's syntax tree. Offsets are UTF-16 units; "to" is exclusive.
type node struct {
	// Kind: aggregation, binary, call, number, paren, range, selector, string, subquery or unary.
	Kind string `json:"kind"`
	Type string `json:"type"`
	From int    `json:"from"`
	To   int    `json:"to"`
	// Name is the function, the aggregation or the metric.
	Name string `json:"name,omitempty"`
	// Operator of binary and unary nodes.
	Operator string `json:"operator,omitempty"`
	// Value of a number or a string.
	Number *string `json:"number,omitempty"`
	Text   *string `json:"text,omitempty"`
	// Index of a selector in "selectors", of a range or subquery in "ranges", of an aggregation in "aggregations".
	Index    *int      `json:"index,omitempty"`
	Bool     bool      `json:"bool,omitempty"`
	Matching *matching `json:"matching,omitempty"`
	Children []*node   `json:"children"`
}

type matching struct {
	// Card: one-to-one, many-to-one, one-to-many or many-to-many.
	Card    string   `json:"card"`
	On      bool     `json:"on"`
	Labels  []string `json:"labels"`
	Include []string `json:"include"`
}

type matcher struct {
	Label string `json:"label"`
	Op    string `json:"op"`
	Value string `json:"value"`
}

type selector struct {
	Metric   *string   `json:"metric,omitempty"`
	Matchers []matcher `json:"matchers"`
	// From and To are those of the selector itself, without offset and @.
	From int    `json:"from"`
	To   int    `json:"to"`
	Text string `json:"text"`
	// Shifted: it has an offset or an @, or a range around it has.
	Shifted bool `json:"shifted"`
}

type window struct {
	// Kind: range or subquery.
	Kind string `json:"kind"`
	From int    `json:"from"`
	To   int    `json:"to"`
	// Text is the duration as it is written, between TextFrom and TextTo.
	Text     string `json:"text"`
	TextFrom int    `json:"textFrom"`
	TextTo   int    `json:"textTo"`
	// Ms is missing where the duration depends on the query.
	Ms *int64 `json:"ms,omitempty"`
	// Function that takes it.
	Function string `json:"function,omitempty"`
	// Selector is the index of a range's selector.
	Selector *int `json:"selector,omitempty"`
	Shifted  bool `json:"shifted"`
}

type aggregation struct {
	Name    string   `json:"name"`
	From    int      `json:"from"`
	To      int      `json:"to"`
	Without bool     `json:"without"`
	Labels  []string `json:"labels"`
}

// treeReader turns upstream's tree into nodes, and collects on the way what is asked for most.
type treeReader struct {
	text string
	// units turns an offset in bytes into one in UTF-16 units.
	units        func(bytes int) int
	items        []parser.Item
	selectors    []*selector
	windows      []*window
	functions    []string
	aggregations []aggregation
}

func newTreeReader(text string) *treeReader {
	reader := &treeReader{text: text, units: unitsOf(text)}
	lexer := parser.Lex(text)
	for {
		var item parser.Item
		lexer.NextItem(&item)
		if item.Typ == parser.EOF || item.Typ == parser.ERROR {
			return reader
		}
		if item.Typ != parser.COMMENT {
			reader.items = append(reader.items, item)
		}
	}
}

// read returns the node of an expression. Above are the nodes of upstream's around it, the innermost last.
func (r *treeReader) read(expr parser.Expr, above []parser.Expr) *node {
	place := expr.PositionRange()
	from, to := r.units(int(place.Start)), r.units(int(place.End))
	made := &node{Type: string(expr.Type()), From: from, To: to, Children: []*node{}}
	var children []parser.Expr
	switch one := expr.(type) {
	case *parser.AggregateExpr:
		made.Kind, made.Name = "aggregation", one.Op.String()
		made.Index = r.addAggregation(one, from, to)
		children = []parser.Expr{one.Param, one.Expr}
	case *parser.BinaryExpr:
		made.Kind, made.Operator, made.Bool = "binary", one.Op.String(), one.ReturnBool
		made.Matching = matchingOf(one.VectorMatching)
		children = []parser.Expr{one.LHS, one.RHS}
	case *parser.Call:
		made.Kind, made.Name = "call", one.Func.Name
		r.functions = addOnce(r.functions, one.Func.Name)
		children = one.Args
	case *parser.MatrixSelector:
		made.Kind, made.Index = "range", r.addRange(one, above)
		children = []parser.Expr{one.VectorSelector}
	case *parser.SubqueryExpr:
		made.Kind, made.Index = "subquery", r.addSubquery(one, above)
		children = []parser.Expr{one.Expr}
	case *parser.NumberLiteral:
		text := r.text[one.PosRange.Start:one.PosRange.End]
		made.Kind, made.Number = "number", &text
	case *parser.ParenExpr:
		made.Kind, children = "paren", []parser.Expr{one.Expr}
	case *parser.StringLiteral:
		made.Kind, made.Text = "string", &one.Val
	case *parser.UnaryExpr:
		made.Kind, made.Operator, children = "unary", one.Op.String(), []parser.Expr{one.Expr}
	case *parser.VectorSelector:
		made.Kind, made.Name, made.Index = "selector", one.Name, r.addSelector(one, above)
	}
	path := append(slices.Clone(above), expr)
	for _, child := range children {
		if child != nil {
			made.Children = append(made.Children, r.read(child, path))
		}
	}
	sort.SliceStable(made.Children, func(i, j int) bool { return made.Children[i].From < made.Children[j].From })
	return made
}

func (r *treeReader) addAggregation(one *parser.AggregateExpr, from, to int) *int {
	r.functions = addOnce(r.functions, one.Op.String())
	r.aggregations = append(r.aggregations, aggregation{
		Name: one.Op.String(), From: from, To: to, Without: one.Without, Labels: notNil(one.Grouping),
	})
	return lastIndex(r.aggregations)
}

func (r *treeReader) addSelector(one *parser.VectorSelector, above []parser.Expr) *int {
	start, end := int(one.PosRange.Start), r.endOfSelector(int(one.PosRange.Start))
	made := &selector{
		From: r.units(start), To: r.units(end), Text: r.text[start:end], Matchers: []matcher{},
		Shifted: isShifted(one) || slices.ContainsFunc(above, isShifted),
	}
	for _, each := range one.LabelMatchers {
		if each.Name == labels.MetricName && each.Type == labels.MatchEqual && made.Metric == nil {
			made.Metric = &each.Value
			continue
		}
		made.Matchers = append(made.Matchers, matcher{each.Name, each.Type.String(), each.Value})
	}
	r.selectors = append(r.selectors, made)
	return lastIndex(r.selectors)
}

func (r *treeReader) addRange(one *parser.MatrixSelector, above []parser.Expr) *int {
	made := r.addWindow("range", one, one.VectorSelector, one.Range, one.RangeExpr, above)
	next := len(r.selectors) // which is read right after its range
	made.Selector = &next
	return lastIndex(r.windows)
}

func (r *treeReader) addSubquery(one *parser.SubqueryExpr, above []parser.Expr) *int {
	r.addWindow("subquery", one, one.Expr, one.Range, one.RangeExpr, above)
	return lastIndex(r.windows)
}

func (r *treeReader) addWindow(
	kind string, whole, inner parser.Expr, span time.Duration, by *parser.DurationExpr, above []parser.Expr,
) *window {
	place := whole.PositionRange()
	textFrom, textTo := r.durationAfter(int(inner.PositionRange().End))
	made := &window{
		Kind: kind, Function: callerOf(above), Text: r.text[textFrom:textTo],
		TextFrom: r.units(textFrom), TextTo: r.units(textTo),
		Shifted: isShifted(whole) || isShifted(inner) && kind == "range" || slices.ContainsFunc(above, isShifted),
	}
	made.From, made.To = r.units(int(place.Start)), r.units(int(place.End))
	if by == nil {
		ms := span.Milliseconds()
		made.Ms = &ms
	}
	r.windows = append(r.windows, made)
	return made
}

// endOfSelector returns where the selector ends that begins at an offset: its name and its braces, nothing after them.
func (r *treeReader) endOfSelector(start int) int {
	at := r.firstItem(start)
	if at == len(r.items) {
		return len(r.text)
	}
	if r.items[at].Typ != parser.LEFT_BRACE {
		if at+1 == len(r.items) || r.items[at+1].Typ != parser.LEFT_BRACE {
			return endOf(r.items[at])
		}
		at++
	}
	for at < len(r.items) && r.items[at].Typ != parser.RIGHT_BRACE {
		at++
	}
	if at == len(r.items) {
		return len(r.text)
	}
	return endOf(r.items[at])
}

// durationAfter returns where the first duration in the brackets stands that follow an offset.
func (r *treeReader) durationAfter(offset int) (from, to int) {
	at := r.firstItem(offset)
	for at < len(r.items) && r.items[at].Typ != parser.LEFT_BRACKET {
		at++
	}
	if at+1 >= len(r.items) {
		return offset, offset
	}
	first, last := at+1, at+1
	for last < len(r.items) && r.items[last].Typ != parser.RIGHT_BRACKET && r.items[last].Typ != parser.COLON {
		last++
	}
	return int(r.items[first].Pos), endOf(r.items[max(first, last-1)])
}

func (r *treeReader) firstItem(offset int) int {
	return sort.Search(len(r.items), func(i int) bool { return int(r.items[i].Pos) >= offset })
}

func endOf(item parser.Item) int { return int(item.Pos) + len(item.Val) }

// callerOf returns the function that takes what stands below these nodes, through parentheses only.
func callerOf(above []parser.Expr) string {
	for _, one := range slices.Backward(above) {
		switch one := one.(type) {
		case *parser.Call:
			return one.Func.Name
		case *parser.ParenExpr, *parser.UnaryExpr:
		default:
			return ""
		}
	}
	return ""
}

func isShifted(expr parser.Expr) bool {
	switch one := expr.(type) {
	case *parser.VectorSelector:
		return one.OriginalOffset != 0 || one.OriginalOffsetExpr != nil || one.Timestamp != nil || one.StartOrEnd != 0
	case *parser.MatrixSelector:
		return isShifted(one.VectorSelector)
	case *parser.SubqueryExpr:
		return one.OriginalOffset != 0 || one.OriginalOffsetExpr != nil || one.Timestamp != nil || one.StartOrEnd != 0
	}
	return false
}

func matchingOf(one *parser.VectorMatching) *matching {
	if one == nil {
		return nil
	}
	return &matching{
		Card: one.Card.String(), On: one.On, Labels: notNil(one.MatchingLabels), Include: notNil(one.Include),
	}
}

func lastIndex[T any](list []T) *int {
	index := len(list) - 1
	return &index
}
