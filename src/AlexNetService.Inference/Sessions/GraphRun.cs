using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// Runs a graph on tensors that stay where they are. Names and tensors are bound once for each number of rows, so that a run passes only
/// the binding.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="input">Its only input.</param>
/// <param name="outputs">Its outputs.</param>
internal sealed class GraphRun(ModelGraph graph, RunTensor input, IReadOnlyList<RunTensor> outputs) : IDisposable
{
    private readonly Dictionary<(int First, int Count, OutputKinds Kinds), Binding> bindings = [];

    /// <summary>Runs some rows of the input into the same rows of the outputs.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="kinds">Outputs to compute, beside those of no kind.</param>
    public void Run(int first, int count, OutputKinds kinds = 0)
    {
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(bindings, (first, count, kinds), out _);
        var binding = kept ??= Bind(first, count, kinds);
        if (graph.IsElsewhere)
        {
            // Binding is what copies the rows to the device.
            binding.Ports.BindInput(input.Tensor.Name, binding.Input);
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
        var needed = outputs.Where(output => kinds.HasFlag(output.Tensor.Kind)).ToArray();
        var binding = new Binding(
            graph.Session.CreateIoBinding(), input.View(first, count), [.. needed.Select(output => output.View(first, count))]);
        if (!graph.IsElsewhere)
        {
            binding.Ports.BindInput(input.Tensor.Name, binding.Input);
        }

        for (var i = 0; i < needed.Length; i++)
        {
            binding.Ports.BindOutput(needed[i].Tensor.Name, binding.Outputs[i]);
        }

        return binding;
    }

    private sealed record Binding(OrtIoBinding Ports, OrtValue Input, OrtValue[] Outputs) : IDisposable
    {
        public void Dispose()
        {
            Ports.Dispose();
            Input.Dispose();
            Array.ForEach(Outputs, output => output.Dispose());
        }
    }
}
