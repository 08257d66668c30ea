using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// Runs a graph on tensors that stay where they are. Names and tensors are bound once for each number of rows, so that a run passes only
/// the binding.
/// </summary>
/// <param name="input">The input whose rows are run.</param>
/// <param name="whole">An input on the graph's device that every run reads whole, or null.</param>
internal sealed class GraphRun(OpenGraph graph, RunTensor input, IReadOnlyList<RunTensor> outputs, RunTensor? whole = null) : IDisposable
{
    private readonly bool copiesInput = graph.IsElsewhere && !input.OnDevice;
    private readonly Dictionary<(int First, int Count, OutputKinds Kinds), (OrtIoBinding Ports, OrtValue Input)> bindings = [];
    private readonly List<IDisposable> views = [];

    /// <summary>Runs some rows of the input into the same rows of the outputs: those of the given kinds, and those of no kind.</summary>
    public void Run(int first, int count, OutputKinds kinds = 0)
    {
        if (!bindings.TryGetValue((first, count, kinds), out var bound))
        {
            bindings[(first, count, kinds)] = bound = Bind(first, count, kinds);
        }

        if (copiesInput)
        {
            // Binding is what copies the rows to the device.
            bound.Ports.BindInput(input.Tensor.Name, bound.Input);
        }

        graph.Session.RunWithBinding(graph.RunOptions, bound.Ports);
        if (graph.IsElsewhere)
        {
            bound.Ports.SynchronizeBoundOutputs();
        }
    }

    public void Dispose()
    {
        foreach (var (ports, _) in bindings.Values)
        {
            ports.Dispose();
        }

        bindings.Clear();
        views.ForEach(view => view.Dispose());
        views.Clear();
    }

    private (OrtIoBinding Ports, OrtValue Input) Bind(int first, int count, OutputKinds kinds)
    {
        var (ports, rows) = (graph.Session.CreateIoBinding(), View(input, first, count));
        if (!copiesInput)
        {
            ports.BindInput(input.Tensor.Name, rows);
        }

        if (whole is not null)
        {
            ports.BindInput(whole.Tensor.Name, View(whole, 0, whole.Rows));
        }

        foreach (var output in outputs.Where(output => kinds.HasFlag(output.Tensor.Kind)))
        {
            ports.BindOutput(output.Tensor.Name, View(output, first, count));
        }

        return (ports, rows);
    }

    private OrtValue View(RunTensor tensor, int first, int count)
    {
        var view = tensor.View(first, count);
        views.Add(view);
        return view;
    }
}
