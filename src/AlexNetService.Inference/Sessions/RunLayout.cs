using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>The graphs of a model and the tensors that a run of it needs in memory.</summary>
internal sealed class RunLayout
{
    // Given crops that share a run of the trunk; more would only take memory.
    private const int CropsPerTrunkRun = 10;

    // The canvas and its mirror.
    private const int CanvasesPerTrunkRun = 2;

    /// <param name="card">The card.</param>
    /// <param name="graph">The graph that ends in the answers.</param>
    /// <param name="answers">Its tensors.</param>
    /// <param name="trunkGraph">The trunk, where the network is split.</param>
    /// <param name="trunk">Its tensors.</param>
    /// <param name="cutGraph">Cuts windows out of maps on the device; null on the CPU, where they are copied.</param>
    /// <param name="sizes">Numbers of rows to run.</param>
    public RunLayout(
        ModelCard card,
        ModelGraph graph,
        AnswerTensors answers,
        ModelGraph? trunkGraph,
        TrunkTensors? trunk,
        ModelGraph? cutGraph,
        BatchSizes sizes)
    {
        (Card, Graph, Answers, TrunkGraph, Trunk, CutGraph, Sizes) = (card, graph, answers, trunkGraph, trunk, cutGraph, sizes);
        var batch = answers.FixedBatch ?? 1;
        var rows = (sizes.Largest + batch - 1) / batch * batch;
        var crops = Math.Min(CropsPerTrunkRun, sizes.Largest);

        // Where the graph has no probabilities, they are made from the logits and need memory too.
        GraphTensor[] softmax = answers.Find(OutputKinds.Probabilities) is null && answers.Find(OutputKinds.Logits) is { } logits
            ? [new GraphTensor("", TensorElementType.Float, logits.RowShape, OutputKinds.Probabilities)]
            : [];
        Outputs = [.. answers.Outputs, .. softmax];
        var mapsStay = cutGraph is not null && trunk is not null;
        Tensors =
        [
            (answers.Input, rows, mapsStay),
            .. Outputs.Select(output => (output, rows, false)),
            .. trunk is null ? [] : ((GraphTensor, int, bool)[])
            [
                (trunk.CanvasPixels, CanvasesPerTrunkRun, false), (trunk.CanvasMaps, CanvasesPerTrunkRun, mapsStay),
                (trunk.CropPixels, crops, false), (trunk.CropMaps, crops, mapsStay),
                .. mapsStay ? [(WindowCut.PlacesOf(trunk.Split.CropSide), rows, false)] : ((GraphTensor, int, bool)[])[],
            ],
        ];
        HostBytes = Bytes(onDevice: false);
        DeviceBytes = Bytes(onDevice: true);

        long Bytes(bool onDevice) =>
            Tensors.Where(tensor => tensor.OnDevice == onDevice).Sum(tensor => RunTensor.Bytes(tensor.Tensor, tensor.Rows));
    }

    public ModelCard Card { get; }

    public ModelGraph Graph { get; }

    public AnswerTensors Answers { get; }

    public ModelGraph? TrunkGraph { get; }

    public TrunkTensors? Trunk { get; }

    public ModelGraph? CutGraph { get; }

    public BatchSizes Sizes { get; }

    /// <summary>The answers, including probabilities that are made from logits.</summary>
    public IReadOnlyList<GraphTensor> Outputs { get; }

    /// <summary>
    /// Tensors, their rows, and whether they are in the GPU's memory: the input, the outputs, the four of a trunk, and the places of
    /// windows where they are cut on the GPU.
    /// </summary>
    public IReadOnlyList<(GraphTensor Tensor, int Rows, bool OnDevice)> Tensors { get; }

    /// <summary>Bytes of a run's host memory.</summary>
    public long HostBytes { get; }

    /// <summary>Bytes of the GPU's memory that a run keeps between its graphs.</summary>
    public long DeviceBytes { get; }
}
