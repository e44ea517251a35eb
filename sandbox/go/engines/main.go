// What the tests of exports ask of the engines' own parsers: kustomize builds a folder, and CEL is evaluated as kro does, whose
// environment (kubernetes-sigs/kro, pkg/cel/environment.go) is cel-go with these extensions and a function json.marshal.
//
//	engines kustomize FOLDER      the objects of a kustomization, as YAML
//	engines cel                   {"expression", "variables"} a line on standard input; {"value"} or {"error"} a line on standard output
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "kustomize":
		err = kustomize(os.Args[2])
	case len(os.Args) == 2 && os.Args[1] == "cel":
		err = evaluateAll(os.Stdin, os.Stdout)
	default:
		err = fmt.Errorf("usage: engines kustomize FOLDER | engines cel")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func kustomize(folder string) error {
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return err
	}
	text, err := objects.AsYaml()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

// native is a value as encoding/json writes it.
func native(value ref.Val) (any, error) {
	plain, err := value.ConvertToNative(reflect.TypeOf(&structpb.Value{}))
	if err != nil {
		return nil, err
	}
	return plain.(*structpb.Value).AsInterface(), nil
}

func marshal(value ref.Val) ref.Val {
	plain, err := native(value)
	if err != nil {
		return types.WrapErr(err)
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.String(text)
}

type question struct {
	Expression string         `json:"expression"`
	Variables  map[string]any `json:"variables"`
}

type answer struct {
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

func evaluateAll(in io.Reader, out io.Writer) error {
	base, err := cel.NewEnv(
		ext.TwoVarComprehensions(),
		ext.Lists(),
		ext.Strings(),
		ext.Bindings(),
		cel.OptionalTypes(),
		ext.Encoders(),
		cel.Function("json.marshal",
			cel.Overload("json_marshal_dyn", []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(marshal))),
	)
	if err != nil {
		return err
	}
	programs := map[string]cel.Program{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<24)
	answers := json.NewEncoder(out)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return err
		}
		value, err := evaluate(base, programs, asked)
		if err != nil {
			value = nil
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		if err := answers.Encode(answer{Value: value, Error: text}); err != nil {
			return err
		}
	}
	return lines.Err()
}

func evaluate(base *cel.Env, programs map[string]cel.Program, asked question) (any, error) {
	program, known := programs[asked.Expression]
	if !known {
		var declared []cel.EnvOption
		for name := range asked.Variables {
			declared = append(declared, cel.Variable(name, cel.DynType))
		}
		env, err := base.Extend(declared...)
		if err != nil {
			return nil, err
		}
		checked, issues := env.Compile(asked.Expression)
		if issues.Err() != nil {
			return nil, issues.Err()
		}
		if program, err = env.Program(checked); err != nil {
			return nil, err
		}
		programs[asked.Expression] = program
	}
	value, _, err := program.Eval(asked.Variables)
	if err != nil {
		return nil, err
	}
	return native(value)
}
