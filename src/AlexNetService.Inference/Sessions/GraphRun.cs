using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// A graph over tensors that stay where they are. Names and tensors are bound once for each number of rows, so that a run hands nothing
/// over but the binding.
/// </summary>
/// <param name="graph">The graph, open.</param>
/// <param name="input">Its only input.</param>
/// <param name="outputs">What it can give.</param>
internal sealed class GraphRun(OpenGraph graph, BoundTensor input, IReadOnlyList<BoundTensor> outputs) : IDisposable
{
    /// <summary>What a trunk hands to the rest; never asked for by a caller.</summary>
    public const OutputKinds Maps = (OutputKinds)8;

    private readonly Dictionary<(int First, int Count, OutputKinds Kinds), Binding> bindings = [];

    /// <summary>Runs some rows of the input into the same rows of the outputs.</summary>
    public void Run(int first, int count, OutputKinds kinds)
    {
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(bindings, (first, count, kinds), out _);
        var binding = kept ??= Bind(first, count, kinds);
        if (graph.IsElsewhere)
        {
            // Binding is what copies the rows to the device.
            binding.Ports.BindInput(input.Name, binding.Input);
        }

        graph.Session.RunWithBinding(graph.RunOptions, binding.Ports);
        if (graph.IsElsewhere)
        {
            binding.Ports.SynchronizeBoundOutputs();
        }
    }

    public void Dispose()
    {
        foreach (var binding in bindings.Values)
        {
            binding.Dispose();
        }

        bindings.Clear();
    }

    private Binding Bind(int first, int count, OutputKinds kinds)
    {
        var needed = outputs.Where(output => kinds.HasFlag(output.Kind)).ToArray();
        var binding = new Binding(
            graph.Session.CreateIoBinding(),
            input.Tensor.View(first, count),
            [.. needed.Select(output => output.Tensor.View(first, count))]);
        if (!graph.IsElsewhere)
        {
            binding.Ports.BindInput(input.Name, binding.Input);
        }

        for (var i = 0; i < needed.Length; i++)
        {
            binding.Ports.BindOutput(needed[i].Name, binding.Outputs[i]);
        }

        return binding;
    }

    private sealed record Binding(OrtIoBinding Ports, OrtValue Input, OrtValue[] Outputs) : IDisposable
    {
        public void Dispose()
        {
            Ports.Dispose();
            Input.Dispose();
            foreach (var output in Outputs)
            {
                output.Dispose();
            }
        }
    }
}

/// <summary>A tensor of a graph and where its values lie.</summary>
/// <param name="Kind">What it holds; of no meaning for an input.</param>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Tensor">Where its values lie.</param>
internal sealed record BoundTensor(OutputKinds Kind, string Name, TensorMemory Tensor);
