// Reads deployment files as the programs do that they are for, and says what they see, as JSON on standard output.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
)

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(kind string, args []string) error {
	switch kind {
	case "compose":
		return readCompose(args[0])
	case "hcl":
		return readHcl(args)
	case "rules":
		return readRules(args[0], args[1], args[2])
	}
	return fmt.Errorf("no such kind: %s", kind)
}

// The project that Docker Compose makes of the file: checked against the schema, its variables put in.
func readCompose(file string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

// Whether the files can be parsed, and are laid out as `terraform fmt` does it.
func readHcl(files []string) error {
	parser := hclparse.NewParser()
	for _, file := range files {
		if _, problems := parser.ParseHCLFile(file); problems.HasErrors() {
			return problems
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if !bytes.Equal(hclwrite.Format(text), text) {
			return fmt.Errorf("%s has another layout than its formatter gives it", file)
		}
	}
	return nil
}

// Which alerts fire at a time, given in minutes, over series in the notation of Prometheus' own tests.
func readRules(file string, series string, minutes string) error {
	groups, problems := rulefmt.ParseFile(file, false)
	if len(problems) > 0 {
		return problems[0]
	}
	text, err := os.ReadFile(series)
	if err != nil {
		return err
	}
	storage := promqltest.LoadedStorage(panicking{}, string(text))
	defer storage.Close()
	after, err := time.ParseDuration(minutes + "m")
	if err != nil {
		return err
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute})
	fired := []string{}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			isFiring := true
			// Held over the whole of its `for`, looked at every minute as the group is.
			for at := after - time.Duration(rule.For); at <= after; at += time.Minute {
				query, err := engine.NewInstantQuery(context.Background(), storage, nil, rule.Expr, time.Unix(0, 0).Add(at))
				if err != nil {
					return err
				}
				result := query.Exec(context.Background())
				if result.Err != nil {
					return result.Err
				}
				vector, err := result.Vector()
				if err != nil {
					return err
				}
				isFiring = isFiring && len(vector) > 0
				query.Close()
			}
			if isFiring {
				fired = append(fired, rule.Alert)
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(fired)
}

// What a test would be to the storage of tests.
type panicking struct{ testing.TB }

func (panicking) Cleanup(func())                    {}
func (panicking) Helper()                           {}
func (panicking) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (panicking) FailNow()                          { panic("the series cannot be read") }
