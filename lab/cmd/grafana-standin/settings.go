package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
)

// settings are grafana.ini's, overridden by GF_<SECTION>_<KEY>.
type settings map[string]string

func readSettings(file string) settings {
	s, section := settings{}, ""
	b, _ := os.ReadFile(file)
	for _, l := range strings.Split(string(b), "\n") {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == ';' || l[0] == '#' {
			continue
		}
		if l[0] == '[' {
			section = strings.Trim(l, "[]")
		} else if k, v, ok := strings.Cut(l, "="); ok {
			s[section+"."+strings.TrimSpace(k)] = strings.Trim(strings.TrimSpace(v), `'"`)
		}
	}
	return s
}

func variableName(section, key string) string {
	return "GF_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(section)+"_"+key)
}

func (s settings) get(section, key, fallback string) string {
	name := variableName(section, key)
	if f := os.Getenv(name + "__FILE"); f != "" {
		if b, err := os.ReadFile(f); err == nil {
			return strings.TrimSpace(string(b))
		}
	}
	for _, v := range []string{os.Getenv(name), s[section+"."+key]} {
		if v != "" {
			return v
		}
	}
	return fallback
}

// is reads a yes or no in the forms that Grafana's parser takes. Anything else counts as the fallback.
func (s settings) is(section, key string, fallback bool) bool {
	switch strings.ToLower(s.get(section, key, "")) {
	case "1", "t", "true", "yes", "y", "on":
		return true
	case "0", "f", "false", "no", "n", "off":
		return false
	}
	return fallback
}

// list reads a list that commas or spaces separate.
func (s settings) list(section, key string) []string { return splitList(s.get(section, key, "")) }

func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

var reference = regexp.MustCompile(`%\((\w+)\)s`)

// rootURL is where a browser finds Grafana, with a slash at its end: server.root_url, in which %(domain)s and others stand
// for other settings of that section.
func (s settings) rootURL() string {
	fallback := map[string]string{"protocol": "http", "domain": "localhost", "http_port": "3000"}
	root := s.get("server", "root_url", "%(protocol)s://%(domain)s:%(http_port)s/")
	root = reference.ReplaceAllStringFunc(root, func(name string) string {
		key := name[2 : len(name)-2]
		return s.get("server", key, fallback[key])
	})
	return strings.TrimRight(root, "/") + "/"
}

// overridden are the variables of the environment that set something for this Grafana, without their values.
func overridden() []string {
	names := []string{}
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "GF_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
