package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Usage: hcl tree <<< '["text of a file", …]'   prints a line a file: null where the parser refuses it, else what it read:
//
//	["a", start, end, name, value], ["b", start, end, type, [[start, end, label], …], start of "{", [item, …]], …
//
// Places are in bytes. A step of a traversal is an item of one list, however the parser nests them. scripts/hcl.ts makes the same
// of our own tree, where the other kinds are named.
func trees(in io.Reader, out io.Writer) error {
	var texts []string
	if err := json.NewDecoder(in).Decode(&texts); err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	for _, text := range texts {
		file, diagnostics := hclsyntax.ParseConfig([]byte(text), "", hcl.InitialPos)
		answer := map[string]any{}
		if diagnostics.HasErrors() {
			one := diagnostics.Errs()[0].(*hcl.Diagnostic)
			answer["refused"] = fmt.Sprintf("%s (%d)", one.Summary, one.Subject.Start.Byte)
		} else {
			answer["items"] = reader{[]byte(text)}.items(file.Body.(*hclsyntax.Body))
		}
		if err := encoder.Encode(answer); err != nil {
			return err
		}
	}
	return nil
}

type node = []any

type reader struct{ text []byte }

func place(kind string, of hcl.Range, rest ...any) node {
	return append(node{kind, of.Start.Byte, of.End.Byte}, rest...)
}

func (r reader) items(body *hclsyntax.Body) []node {
	items := []node{}
	for _, one := range body.Attributes {
		items = append(items, place("a", one.SrcRange, one.Name, r.expression(one.Expr)))
	}
	for _, one := range body.Blocks {
		labels := []node{}
		for at, label := range one.Labels {
			labels = append(labels, place("label", one.LabelRanges[at], label))
		}
		whole := hcl.RangeBetween(one.TypeRange, one.CloseBraceRange)
		items = append(items, place("b", whole, one.Type, labels, one.OpenBraceRange.Start.Byte, r.items(one.Body)))
	}
	sort.Slice(items, func(a, b int) bool { return items[a][1].(int) < items[b][1].(int) })
	return items
}

func (r reader) expressions(list []hclsyntax.Expression) []node {
	nodes := []node{}
	for _, one := range list {
		nodes = append(nodes, r.expression(one))
	}
	return nodes
}

// The parts of a template; of a directive without the empty text that the parser puts where nothing stands.
func (r reader) parts(list []hclsyntax.Expression, inDirective bool) []node {
	nodes := []node{}
	for _, one := range list {
		if literal, ok := one.(*hclsyntax.LiteralValueExpr); ok && literal.Val.Type() == cty.String {
			if !inDirective || literal.Val.AsString() != "" {
				nodes = append(nodes, place("text", literal.SrcRange, literal.Val.AsString()))
			}
		} else {
			nodes = append(nodes, r.expression(one))
		}
	}
	return nodes
}

func (r reader) isDirective(of hcl.Range) bool {
	return of.Start.Byte+1 < len(r.text) && string(r.text[of.Start.Byte:of.Start.Byte+2]) == "%{"
}

func scalar(value cty.Value) any {
	switch {
	case value.IsNull():
		return nil
	case value.Type() == cty.Bool:
		return value.True()
	case value.Type() == cty.Number:
		number, _ := value.AsBigFloat().Float64()
		return json.Number(fmt.Sprint(number))
	default:
		return value.AsString()
	}
}

func (r reader) expression(expression hclsyntax.Expression) node {
	switch one := expression.(type) {
	case nil:
		return nil
	case *hclsyntax.LiteralValueExpr:
		return place("literal", one.SrcRange, scalar(one.Val))
	case *hclsyntax.TemplateExpr:
		return place("string", one.SrcRange, r.parts(one.Parts, false))
	case *hclsyntax.TemplateWrapExpr:
		return place("string", one.SrcRange, []node{r.expression(one.Wrapped)})
	case *hclsyntax.TemplateJoinExpr:
		loop := one.Tuple.(*hclsyntax.ForExpr)
		parts := r.parts(loop.ValExpr.(*hclsyntax.TemplateExpr).Parts, true)
		return place("loop", loop.SrcRange, loop.KeyVar, loop.ValVar, r.expression(loop.CollExpr), parts)
	case *hclsyntax.ConditionalExpr:
		if r.isDirective(one.SrcRange) {
			then := r.parts(one.TrueResult.(*hclsyntax.TemplateExpr).Parts, true)
			otherwise := r.parts(one.FalseResult.(*hclsyntax.TemplateExpr).Parts, true)
			return place("if", one.SrcRange, r.expression(one.Condition), then, otherwise)
		}
		return place("conditional", one.SrcRange, r.expression(one.Condition), r.expression(one.TrueResult), r.expression(one.FalseResult))
	case *hclsyntax.TupleConsExpr:
		return place("tuple", one.SrcRange, r.expressions(one.Exprs))
	case *hclsyntax.ObjectConsExpr:
		entries := [][]node{}
		for _, item := range one.Items {
			key := item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr)
			entries = append(entries, []node{r.expression(key.Wrapped), r.expression(item.ValueExpr)})
		}
		return place("object", one.SrcRange, entries)
	case *hclsyntax.FunctionCallExpr:
		return place("call", one.Range(), one.Name, one.NameRange.End.Byte, r.expressions(one.Args), one.ExpandFinal)
	case *hclsyntax.UnaryOpExpr:
		operator := "!"
		if one.Op == hclsyntax.OpNegate {
			operator = "-"
		}
		return place("unary", one.SrcRange, operator, r.expression(one.Val))
	case *hclsyntax.BinaryOpExpr:
		return place("operation", one.SrcRange, operators[one.Op], r.expression(one.LHS), r.expression(one.RHS))
	case *hclsyntax.ForExpr:
		makes, newKey := "tuple", node(nil)
		if one.KeyExpr != nil {
			makes, newKey = "object", r.expression(one.KeyExpr)
		}
		condition := node(nil)
		if one.CondExpr != nil {
			condition = r.expression(one.CondExpr)
		}
		return place("for", one.SrcRange, makes, one.KeyVar, one.ValVar, r.expression(one.CollExpr), newKey, r.expression(one.ValExpr), one.Group, condition)
	case *hclsyntax.ParenthesesExpr:
		return place("parentheses", one.SrcRange, r.expression(one.Expression))
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.RelativeTraversalExpr, *hclsyntax.IndexExpr, *hclsyntax.SplatExpr:
		of, steps := r.steps(expression)
		if len(steps) == 0 {
			return of
		}
		return place("traversal", one.Range(), of, steps)
	default:
		panic(fmt.Sprintf("%T", expression))
	}
}

var operators = map[*hclsyntax.Operation]string{
	hclsyntax.OpLogicalOr: "||", hclsyntax.OpLogicalAnd: "&&", hclsyntax.OpEqual: "==", hclsyntax.OpNotEqual: "!=",
	hclsyntax.OpGreaterThan: ">", hclsyntax.OpGreaterThanOrEqual: ">=", hclsyntax.OpLessThan: "<", hclsyntax.OpLessThanOrEqual: "<=",
	hclsyntax.OpAdd: "+", hclsyntax.OpSubtract: "-", hclsyntax.OpMultiply: "*", hclsyntax.OpDivide: "/", hclsyntax.OpModulo: "%",
}

// What is taken of what, as one list.
func (r reader) steps(expression hclsyntax.Expression) (node, []node) {
	switch one := expression.(type) {
	case *hclsyntax.AnonSymbolExpr:
		return nil, []node{}
	case *hclsyntax.ScopeTraversalExpr:
		root := one.Traversal[0].(hcl.TraverseRoot)
		return place("variable", root.SrcRange, root.Name), traversers(one.Traversal[1:])
	case *hclsyntax.RelativeTraversalExpr:
		of, steps := r.steps(one.Source)
		return of, append(steps, traversers(one.Traversal)...)
	case *hclsyntax.IndexExpr:
		of, steps := r.steps(one.Collection)
		return of, append(steps, place("index", one.BracketRange, r.expression(one.Key)))
	case *hclsyntax.SplatExpr:
		of, steps := r.steps(one.Source)
		_, each := r.steps(one.Each)
		kind := "splat"
		if r.text[one.MarkerRange.Start.Byte] == '[' {
			kind = "full splat"
		}
		return of, append(append(steps, place(kind, one.MarkerRange)), each...)
	default:
		return r.expression(expression), []node{}
	}
}

func traversers(list hcl.Traversal) []node {
	steps := []node{}
	for _, step := range list {
		switch one := step.(type) {
		case hcl.TraverseAttr:
			steps = append(steps, place("attribute", one.SrcRange, one.Name))
		case hcl.TraverseIndex:
			steps = append(steps, place("index", one.SrcRange, scalar(one.Key)))
		default:
			panic(fmt.Sprintf("%T", step))
		}
	}
	return steps
}
