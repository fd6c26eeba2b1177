package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	defaultScrape = 15 * time.Second
	defaultPoints = 100   // maxDataPoints of a request that has none
	mostPoints    = 11000 // what Prometheus gives out for one series
)

// niceSteps are the steps that Grafana rounds to: up to the first number, the second one.
var niceSteps = [][2]time.Duration{
	{15 * time.Millisecond, 10 * time.Millisecond}, {35 * time.Millisecond, 20 * time.Millisecond}, {75 * time.Millisecond, 50 * time.Millisecond},
	{150 * time.Millisecond, 100 * time.Millisecond}, {350 * time.Millisecond, 200 * time.Millisecond}, {750 * time.Millisecond, 500 * time.Millisecond},
	{1500 * time.Millisecond, time.Second}, {3500 * time.Millisecond, 2 * time.Second}, {7500 * time.Millisecond, 5 * time.Second},
	{12500 * time.Millisecond, 10 * time.Second}, {17500 * time.Millisecond, 15 * time.Second}, {25 * time.Second, 20 * time.Second},
	{45 * time.Second, 30 * time.Second}, {90 * time.Second, time.Minute}, {210 * time.Second, 2 * time.Minute}, {450 * time.Second, 5 * time.Minute},
	{750 * time.Second, 10 * time.Minute}, {1050 * time.Second, 15 * time.Minute}, {1500 * time.Second, 20 * time.Minute}, {2700 * time.Second, 30 * time.Minute},
	{5400 * time.Second, time.Hour}, {9000 * time.Second, 2 * time.Hour}, {16200 * time.Second, 3 * time.Hour}, {32400 * time.Second, 6 * time.Hour},
	{24 * time.Hour, 12 * time.Hour}, {7 * 24 * time.Hour, 24 * time.Hour},
}

func niceStep(d time.Duration) time.Duration {
	for _, step := range niceSteps {
		if d <= step[0] {
			return step[1]
		}
	}
	return 7 * 24 * time.Hour
}

// step is the distance of a query's points: what the panel's width allows, never below the least that is asked for (the
// query's own interval, else the request's, else the data source's scrape interval).
func (q query) step(d *datasource, length time.Duration) time.Duration {
	least := d.scrape()
	if q.IntervalMs > 0 {
		least = time.Duration(q.IntervalMs) * time.Millisecond
	}
	if own, ok := parseInterval(q.Interval); ok {
		least = own
	}
	points := q.MaxDataPoints
	if points <= 0 {
		points = defaultPoints
	}
	step := least
	if fits := length / time.Duration(points); fits > least {
		step = niceStep(fits)
	}
	return max(step, niceStep(length/mostPoints)) * time.Duration(max(q.IntervalFactor, 1))
}

// scrape is the data source's "scrape interval" setting.
func (d *datasource) scrape() time.Duration {
	text, _ := d.JSONData["timeInterval"].(string)
	if own, ok := parseInterval(text); ok {
		return own
	}
	return defaultScrape
}

// expression is the query's, with Grafana's interval and range variables filled in.
func (q query) expression(d *datasource, step, length time.Duration) string {
	scrape := d.scrape()
	if own, ok := parseInterval(q.Interval); ok {
		scrape = own
	}
	asked := time.Second
	if q.IntervalMs > 0 {
		asked = time.Duration(q.IntervalMs) * time.Millisecond
	}
	rate := max(asked+scrape, 4*scrape)
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	seconds := strconv.Itoa(int(math.Round(length.Seconds())))
	var pairs []string
	for _, kv := range [][2]string{ // longest names first: the replacer takes the first that fits
		{"rate_interval_ms", ms(rate)}, {"rate_interval", rate.String()}, {"interval_ms", ms(step)}, {"interval", formatInterval(step)},
		{"range_ms", ms(length)}, {"range_s", seconds}, {"range", seconds + "s"},
	} {
		pairs = append(pairs, "${__"+kv[0]+"}", kv[1], "$__"+kv[0], kv[1])
	}
	return strings.NewReplacer(pairs...).Replace(q.Expr)
}

var units = []struct {
	name   string
	length time.Duration
}{
	{"y", 365 * 24 * time.Hour}, {"M", 30 * 24 * time.Hour}, {"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond},
}

func unit(name string) time.Duration {
	for _, u := range units {
		if u.name == name {
			return u.length
		}
	}
	return 0
}

var intervalForm = regexp.MustCompile(`^[<>=]*(\d+)(ms|[smhdwMy])?$`)

// parseInterval knows Grafana's forms: "15s", ">1m", and a bare number of seconds.
func parseInterval(text string) (time.Duration, bool) {
	m := intervalForm.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, _ := strconv.Atoi(m[1])
	if m[2] == "" {
		m[2] = "s"
	}
	return time.Duration(n) * unit(m[2]), n > 0
}

func formatInterval(d time.Duration) string {
	for _, u := range units {
		if u.name != "M" && u.name != "w" && d >= u.length {
			return fmt.Sprintf("%d%s", d/u.length, u.name)
		}
	}
	return "1ms"
}

var relative = regexp.MustCompile(`^now(?:-(\d+)([smhdwMy]))?$`)

// parseTime knows Grafana's forms: "now", "now-6h", and milliseconds.
func parseTime(v any, now time.Time) (time.Time, error) {
	if f, ok := v.(float64); ok {
		return time.UnixMilli(int64(f)), nil
	}
	s := fmt.Sprint(v)
	if m := relative.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		return now.Add(-time.Duration(n) * unit(m[2])), nil
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.UnixMilli(ms), nil
	}
	return time.Parse(time.RFC3339, s)
}
