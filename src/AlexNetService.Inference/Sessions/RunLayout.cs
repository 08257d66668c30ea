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
    /// <param name="sizes">Numbers of rows to run.</param>
    public RunLayout(
        ModelCard card, ModelGraph graph, AnswerTensors answers, ModelGraph? trunkGraph, TrunkTensors? trunk, BatchSizes sizes)
    {
        (Card, Graph, Answers, TrunkGraph, Trunk, Sizes) = (card, graph, answers, trunkGraph, trunk, sizes);
        var batch = answers.FixedBatch ?? 1;
        var rows = (sizes.Largest + batch - 1) / batch * batch;
        var crops = Math.Min(CropsPerTrunkRun, sizes.Largest);

        // Where the graph has no probabilities, they are made from the logits and need memory too.
        GraphTensor[] softmax = answers.Find(OutputKinds.Probabilities) is null && answers.Find(OutputKinds.Logits) is { } logits
            ? [new GraphTensor("", TensorElementType.Float, logits.RowShape, OutputKinds.Probabilities)]
            : [];
        Outputs = [.. answers.Outputs, .. softmax];
        Tensors =
        [
            (answers.Input, rows),
            .. Outputs.Select(output => (output, rows)),
            .. trunk is null ? [] : ((GraphTensor, int)[])
            [
                (trunk.CanvasPixels, CanvasesPerTrunkRun), (trunk.CanvasMaps, CanvasesPerTrunkRun),
                (trunk.CropPixels, crops), (trunk.CropMaps, crops),
            ],
        ];
        Bytes = Tensors.Sum(tensor => RunTensor.Bytes(tensor.Tensor, tensor.Rows));
    }

    public ModelCard Card { get; }

    public ModelGraph Graph { get; }

    public AnswerTensors Answers { get; }

    public ModelGraph? TrunkGraph { get; }

    public TrunkTensors? Trunk { get; }

    public BatchSizes Sizes { get; }

    /// <summary>The answers, including probabilities that are made from logits.</summary>
    public IReadOnlyList<GraphTensor> Outputs { get; }

    /// <summary>Tensors and their rows: the input, the outputs, and the four of a trunk.</summary>
    public IReadOnlyList<(GraphTensor Tensor, int Rows)> Tensors { get; }

    /// <summary>Bytes of a run's memory.</summary>
    public long Bytes { get; }
}
