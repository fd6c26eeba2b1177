package main

import (
	"os"
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

func (s settings) get(section, key, fallback string) string {
	name := "GF_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(section)+"_"+key)
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
