// Reads Terraform files with HashiCorp's own parser and says what they come to, so that tests compare that with what was wanted.
//
// Usage: hcl <<< '[["a.tf", "its text"], …]'   prints a list, one item a list of files (a root module) that was given:
//
//	{"blocks": [{"type", "labels", "body": {"name": value, "block type": [body, …]}}], "problems": ["…"]}
//
// Expressions are evaluated as Terraform does, with its jsonencode; a reference to a resource is {"$ref": "type.name.attribute"} and
// must be to one of the same module. A file that `terraform fmt` would change is a problem. `hcl tree`: see tree.go.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

type block struct {
	Type   string         `json:"type"`
	Labels []string       `json:"labels"`
	Body   map[string]any `json:"body"`
}

type module struct {
	Blocks   []block  `json:"blocks"`
	Problems []string `json:"problems"`
}

var evaluation = &hcl.EvalContext{Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "tree" {
		if err := trees(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	var given [][][2]string
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	answers := make([]module, len(given))
	for at, files := range given {
		answers[at] = read(files)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(files [][2]string) module {
	answer := module{Blocks: []block{}, Problems: []string{}}
	known := map[string]bool{}
	references := []string{}
	for _, file := range files {
		name, text := file[0], []byte(file[1])
		parsed, diagnostics := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
		for _, one := range diagnostics {
			answer.Problems = append(answer.Problems, one.Error())
		}
		if diagnostics.HasErrors() {
			continue
		}
		if !bytes.Equal(hclwrite.Format(text), text) {
			answer.Problems = append(answer.Problems, name+": terraform fmt would change it")
		}
		body := parsed.Body.(*hclsyntax.Body)
		for attribute := range body.Attributes {
			answer.Problems = append(answer.Problems, name+": argument "+attribute+" outside of a block")
		}
		for _, one := range body.Blocks {
			address := strings.Join(append([]string{one.Type}, one.Labels...), ".")
			if known[address] && one.Type != "import" {
				answer.Problems = append(answer.Problems, name+": "+address+" is there twice")
			}
			known[address] = true
			read := block{one.Type, append([]string{}, one.Labels...), map[string]any{}}
			for _, label := range one.Labels {
				if one.Type == "resource" && !hclsyntax.ValidIdentifier(label) {
					answer.Problems = append(answer.Problems, name+": "+label+" is no identifier")
				}
			}
			fill(read.Body, one.Body, &answer, &references)
			answer.Blocks = append(answer.Blocks, read)
		}
	}
	for _, reference := range references {
		parts := strings.Split(reference, ".")
		if len(parts) < 2 || !known["resource."+parts[0]+"."+parts[1]] {
			answer.Problems = append(answer.Problems, "there is no "+reference)
		}
	}
	return answer
}

func fill(into map[string]any, body *hclsyntax.Body, answer *module, references *[]string) {
	for name, attribute := range body.Attributes {
		into[name] = value(attribute.Expr, answer, references)
	}
	for _, one := range body.Blocks {
		inner := map[string]any{}
		fill(inner, one.Body, answer, references)
		before, _ := into[one.Type].([]any)
		into[one.Type] = append(before, inner)
	}
}

func value(expression hclsyntax.Expression, answer *module, references *[]string) any {
	// A reference to a resource; `ignore_changes` names arguments alone.
	if one, ok := expression.(*hclsyntax.ScopeTraversalExpr); ok {
		parts := make([]string, len(one.Traversal))
		for at, step := range one.Traversal {
			switch one := step.(type) {
			case hcl.TraverseRoot:
				parts[at] = one.Name
			case hcl.TraverseAttr:
				parts[at] = one.Name
			}
		}
		reference := strings.Join(parts, ".")
		if len(parts) > 1 {
			*references = append(*references, reference)
		}
		return map[string]string{"$ref": reference}
	}
	if list, ok := expression.(*hclsyntax.TupleConsExpr); ok && len(list.Exprs) > 0 && len(list.Variables()) > 0 {
		items := make([]any, len(list.Exprs))
		for at, item := range list.Exprs {
			items[at] = value(item, answer, references)
		}
		return items
	}
	result, diagnostics := expression.Value(evaluation)
	for _, one := range diagnostics {
		answer.Problems = append(answer.Problems, one.Error())
	}
	if diagnostics.HasErrors() || !result.IsWhollyKnown() {
		return nil
	}
	text, err := ctyjson.Marshal(result, cty.DynamicPseudoType)
	if err != nil {
		answer.Problems = append(answer.Problems, err.Error())
		return nil
	}
	var typed struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(text, &typed); err != nil {
		answer.Problems = append(answer.Problems, err.Error())
	}
	return typed.Value
}
