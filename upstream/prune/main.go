// Copies modules of upstream's into a folder below this module's. Of some packages it leaves what reads and judges a
// configuration and drops what acts on it: clients of clouds, of Kubernetes and others would be most of the program. It
// also writes a go.mod that names the copies, for `go build -modfile`.
//
//	go run ./prune .pruned
package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// modules are copied. The copies lie where they are, whoever builds: their place is part of the program.
var modules = []string{"github.com/prometheus/prometheus", "github.com/prometheus/sigv4"}

// dropped are methods that make what acts. They stay, since an interface wants them, without what they do.
var dropped = map[string]bool{"NewDiscoverer": true, "NewDiscovererMetrics": true}

// kept are the names that others use of packages that register nothing.
var kept = map[string][]string{
	"github.com/prometheus/prometheus/storage/remote/azuread":   {"AzureADConfig"},
	"github.com/prometheus/prometheus/storage/remote/googleiam": {"Config"},
	"github.com/prometheus/sigv4":                               {"SigV4Config"},
}

const discoveries = "github.com/prometheus/prometheus/discovery/install"

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	for _, module := range modules {
		to := filepath.Join(folder, filepath.Base(module))
		if err := copyModule(module, to); err != nil {
			return err
		}
		mod = fmt.Appendf(mod, "\nreplace %s => ./%s\n", module, filepath.ToSlash(to))
	}
	paths, err := packages()
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := prune(path, folder); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "go.sum"), sums, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "go.mod"), mod, 0o644)
}

// packages are all discoveries, and those of which others use a few names.
func packages() ([]string, error) {
	install, err := build.Import(discoveries, ".", 0)
	if err != nil {
		return nil, err
	}
	paths := slices.Clone(install.Imports)
	for path := range kept {
		paths = append(paths, path)
	}
	return paths, nil
}

// copyModule copies what a program can be built of.
func copyModule(module, to string) error {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return err
	}
	root := strings.TrimSpace(string(out))
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, _ := filepath.Rel(root, path)
		name := entry.Name()
		switch {
		case entry.IsDir() && slices.Contains([]string{"cmd", "documentation", "docs", "testdata", "web"}, name):
			return filepath.SkipDir
		case entry.IsDir(), !wanted.MatchString(below), strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return write(filepath.Join(to, below), text)
	})
}

// wanted are the sources, and the notices of the module.
var wanted = regexp.MustCompile(`\.go$|^(?:go\.mod|LICENSE|NOTICE)$`)

func write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// prune writes what is left of a package's files over their copies.
func prune(path, folder string) error {
	from, err := build.Import(path, ".", 0)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	parsed := map[string]*ast.File{}
	for _, name := range from.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(from.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		parsed[name] = file
	}
	needed := newNeeds(parsed)
	needed.add(kept[path]...)
	for name, file := range parsed {
		file.Decls = needed.leave(file.Decls)
		var text strings.Builder
		if err := format.Node(&text, files, file); err != nil {
			return err
		}
		below := strings.TrimPrefix(path, "github.com/prometheus/")
		if err := write(filepath.Join(folder, filepath.FromSlash(below), name), []byte(text.String())); err != nil {
			return err
		}
	}
	return nil
}

// needs are the names of a package that stay, and all that they use.
type needs struct {
	names map[string]bool
	users map[string][]ast.Node
}

func newNeeds(files map[string]*ast.File) *needs {
	made := &needs{names: map[string]bool{}, users: map[string][]ast.Node{}}
	var inits []ast.Node
	for _, file := range files {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if dropped[decl.Name.Name] && decl.Recv != nil {
					decl.Body.List = []ast.Stmt{&ast.ExprStmt{X: &ast.CallExpr{
						Fun: ast.NewIdent("panic"), Args: []ast.Expr{&ast.BasicLit{Kind: token.STRING, Value: `"pruned"`}},
					}}}
				}
				if decl.Recv == nil && decl.Name.Name == "init" {
					inits = append(inits, decl)
				}
				made.users[nameOf(decl)] = append(made.users[nameOf(decl)], decl)
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					for _, name := range namesOf(spec) {
						// One constant of a group can count on those before it.
						if decl.Tok == token.CONST {
							made.users[name] = append(made.users[name], decl)
						} else {
							made.users[name] = append(made.users[name], spec)
						}
					}
				}
			}
		}
	}
	for _, one := range inits {
		made.use(one)
	}
	return made
}

func (n *needs) add(names ...string) {
	for _, name := range names {
		if _, ok := n.users[name]; !ok || n.names[name] {
			continue
		}
		n.names[name] = true
		for _, node := range n.users[name] {
			n.use(node)
		}
	}
}

// use adds every name of the package that a declaration mentions.
func (n *needs) use(node ast.Node) {
	ast.Inspect(node, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			n.use(node.X)
			return false
		case *ast.Ident:
			n.add(node.Name)
		}
		return true
	})
}

// leave returns the declarations that stay, with the imports that these need.
func (n *needs) leave(decls []ast.Decl) []ast.Decl {
	var left []ast.Decl
	var imports []*ast.GenDecl
	used := map[string]bool{}
	for _, decl := range decls {
		if general, ok := decl.(*ast.GenDecl); ok {
			if general.Tok == token.IMPORT {
				imports = append(imports, general)
				continue
			}
			if general.Specs = n.leaveSpecs(general); len(general.Specs) == 0 {
				continue
			}
		} else if function := decl.(*ast.FuncDecl); !n.names[nameOf(function)] && function.Name.Name != "init" {
			continue
		}
		left = append(left, decl)
		ast.Inspect(decl, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				if name, ok := selector.X.(*ast.Ident); ok {
					used[name.Name] = true
				}
			}
			return true
		})
	}
	var all []ast.Decl
	for _, decl := range imports {
		var specs []ast.Spec
		for _, spec := range decl.Specs {
			if one := spec.(*ast.ImportSpec); isUsed(one, used) {
				specs = append(specs, one)
			}
		}
		if decl.Specs = specs; len(specs) > 0 {
			all = append(all, decl)
		}
	}
	return append(all, left...)
}

func (n *needs) leaveSpecs(decl *ast.GenDecl) []ast.Spec {
	var left []ast.Spec
	for _, spec := range decl.Specs {
		for _, name := range namesOf(spec) {
			if n.names[name] {
				left = append(left, spec)
				break
			}
		}
	}
	if decl.Tok == token.CONST && len(left) > 0 {
		return decl.Specs
	}
	return left
}

var version = regexp.MustCompile(`^(?:v\d+|go)$`)

// isUsed guesses a package's name from its path, where the import does not give it.
func isUsed(one *ast.ImportSpec, used map[string]bool) bool {
	if one.Name != nil {
		return used[one.Name.Name]
	}
	parts := strings.Split(strings.Trim(one.Path.Value, `"`), "/")
	last := parts[len(parts)-1]
	if version.MatchString(last) && len(parts) > 1 {
		last = parts[len(parts)-2]
	}
	last, _, _ = strings.Cut(last, ".")
	return used[last] || used[strings.TrimPrefix(last, "go-")]
}

// nameOf returns a function's name, or the type of a method: methods stay with their type.
func nameOf(decl *ast.FuncDecl) string {
	if decl.Recv == nil {
		return decl.Name.Name
	}
	kind := decl.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

func namesOf(spec ast.Spec) []string {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return []string{spec.Name.Name}
	case *ast.ValueSpec:
		names := []string{}
		for _, name := range spec.Names {
			names = append(names, name.Name)
		}
		return names
	}
	return nil
}
