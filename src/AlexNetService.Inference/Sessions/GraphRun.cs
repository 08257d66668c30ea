using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// Runs a graph on tensors that stay where they are. Names and tensors are bound once for each number of rows, so that a run passes only
/// the binding.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="input">The input whose rows are run.</param>
/// <param name="outputs">Its outputs.</param>
/// <param name="whole">An input on the graph's device that every run reads whole, or null.</param>
internal sealed class GraphRun(ModelGraph graph, RunTensor input, IReadOnlyList<RunTensor> outputs, RunTensor? whole = null) : IDisposable
{
    private readonly bool copiesInput = graph.IsElsewhere && !input.OnDevice;
    private readonly Dictionary<(int First, int Count, OutputKinds Kinds), Binding> bindings = [];

    /// <summary>Runs some rows of the input into the same rows of the outputs.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="kinds">Outputs to compute, beside those of no kind.</param>
    public void Run(int first, int count, OutputKinds kinds = 0)
    {
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(bindings, (first, count, kinds), out _);
        var binding = kept ??= Bind(first, count, kinds);
        if (copiesInput)
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
            graph.Session.CreateIoBinding(),
            input.View(first, count),
            whole?.View(0, whole.Rows),
            [.. needed.Select(output => output.View(first, count))]);
        if (!copiesInput)
        {
            binding.Ports.BindInput(input.Tensor.Name, binding.Input);
        }

        if (whole is not null)
        {
            binding.Ports.BindInput(whole.Tensor.Name, binding.Whole);
        }

        for (var i = 0; i < needed.Length; i++)
        {
            binding.Ports.BindOutput(needed[i].Tensor.Name, binding.Outputs[i]);
        }

        return binding;
    }

    private sealed record Binding(OrtIoBinding Ports, OrtValue Input, OrtValue? Whole, OrtValue[] Outputs) : IDisposable
    {
        public void Dispose()
        {
            Ports.Dispose();
            Input.Dispose();
            Whole?.Dispose();
            Array.ForEach(Outputs, output => output.Dispose());
        }
    }
}
