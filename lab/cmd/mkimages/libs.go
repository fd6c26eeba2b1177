package main

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
)

const (
	libDir = "/lib/x86_64-linux-gnu"
	loader = "/lib64/ld-linux-x86-64.so.2"
)

// addLibraries adds the shared libraries that a program needs, and those need, all from Debian's packages, never from
// the machine that builds. Files that are no programs, and programs without libraries, need none.
func addLibraries(files map[string]string, program string) error {
	f, err := elf.Open(program)
	if err != nil {
		return nil
	}
	defer f.Close()
	needed, err := f.ImportedLibraries()
	if err != nil || len(needed) == 0 {
		return err
	}
	files[loader] = "deb:" + libDir + "/" + filepath.Base(loader)
	for _, name := range needed {
		inImage := libDir + "/" + name
		if files[inImage] != "" || name == filepath.Base(loader) {
			continue
		}
		from, err := findLibrary(name)
		if err != nil {
			return fmt.Errorf("%s: %w", program, err)
		}
		files[inImage] = from
		if err := addLibraries(files, source(from)); err != nil {
			return err
		}
	}
	return nil
}

func findLibrary(name string) (string, error) {
	for _, dir := range []string{libDir, "/usr" + libDir} {
		if _, err := os.Stat(filepath.Join(*debs, dir, name)); err == nil {
			return "deb:" + dir + "/" + name, nil
		}
	}
	return "", fmt.Errorf("library %s is in none of debian.lock's packages", name)
}
