using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>The open graphs of a model, checked against its card, and the tensors that a run of them needs in memory.</summary>
internal sealed class ModelGraphs : IDisposable
{
    // Given crops that share a run of the trunk; more would only take memory.
    private const int CropsPerTrunkRun = 10;

    // The canvas and its mirror.
    private const int CanvasesPerTrunkRun = 2;

    private readonly int[]? batchSizes;
    private readonly bool makesProbabilities;
    private (OrtAllocator Host, OrtAllocator Device)? allocators;

    private ModelGraphs(ModelPackage package, OpenGraph answers, OpenGraph? trunk, OpenGraph? cut, int maxCrops, int[]? batchSizes)
    {
        (Card, Answers, Trunk, Cut, MaxCrops, this.batchSizes) = (package.Card, answers, trunk, cut, maxCrops, batchSizes);
        GraphTensor input;
        GraphTensor[] ofTrunk = [];
        var inspection = new GraphInspection(package, answers.Session);
        if (Card.Split is { } split && trunk is not null)
        {
            ofTrunk = new SplitInspection(package, split, trunk.Session).Check(out var ofBlack, out var ofNoise);
            using (ofBlack)
            using (ofNoise)
            {
                input = ofTrunk[^1];
                Outputs = inspection.CheckRest(input, ofBlack, ofNoise);
            }
        }
        else
        {
            (input, FixedBatch, Outputs) = inspection.Check();
        }

        makesProbabilities = Find(OutputKinds.Probabilities) is null;
        if (makesProbabilities && Find(OutputKinds.Logits) is { } logits)
        {
            Outputs = [.. Outputs, new GraphTensor("", TensorElementType.Float, logits.RowShape, OutputKinds.Probabilities)];
        }

        Tensors = Lay(input, ofTrunk);
        if (Math.Max(Bytes(onDevice: false), Bytes(onDevice: true)) is > int.MaxValue and var bytes)
        {
            throw new InvalidPackageException(
                package.Folder, $"{maxCrops} of its crops take {bytes:N0} bytes in one run. Set Inference:MaxCropsPerRun lower.");
        }
    }

    public ModelCard Card { get; }

    /// <summary>The graph that ends in the answers: the whole network, or the rest of a split one.</summary>
    public OpenGraph Answers { get; }

    /// <summary>The trunk of a split network.</summary>
    public OpenGraph? Trunk { get; }

    /// <summary>Cuts windows out of maps on the device; null on the CPU, where they are copied.</summary>
    public OpenGraph? Cut { get; }

    public int MaxCrops { get; }

    /// <summary>The only batch size that the graph takes, or null where it takes any.</summary>
    public int? FixedBatch { get; }

    /// <summary>The answers. Probabilities that are made from logits are among them and need memory too.</summary>
    public IReadOnlyList<GraphTensor> Outputs { get; }

    /// <summary>
    /// Tensors, their rows, and whether they are in the GPU's memory: the input, the outputs, pixels and maps of canvases and of crops for
    /// a trunk, and the places of windows where they are cut on the GPU.
    /// </summary>
    public IReadOnlyList<(GraphTensor Tensor, int Rows, bool OnDevice)> Tensors { get; }

    /// <summary>The sizes to run once before the first request: the largest first, so that the others fit into its memory.</summary>
    public IEnumerable<int> WarmSizes => (batchSizes ?? [1, 10, MaxCrops]).Where(size => size <= MaxCrops).Distinct().OrderDescending();

    /// <exception cref="InvalidPackageException">A graph cannot be read, or differs from the card.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not work, or this build does not support it.</exception>
    public static ModelGraphs Open(ModelPackage package, RuntimeOptions options, ExecutionTarget target)
    {
        using var sessionOptions = target.Configure(options);
        if (package.Card.Quantization is { Precision: Precision.Int8 })
        {
            // This optimizer would make max pooling run on bytes, and its kernel for bytes in this layout is thirty times slower than
            // that for floats.
            sessionOptions.AddSessionConfigEntry("optimization.disable_specified_optimizers", "QDQPropagationTransformer");
        }

        var split = package.Card.Split;
        OpenGraph? cut = null;
        OpenGraph? trunk = null;
        OpenGraph? answers = null;
        try
        {
            // First, also for a network that is not split: a device that does not work is no fault of the package.
            cut = target.IsElsewhere ? OpenGraph.OfWindowCut(split?.Type ?? MapType.Float32, target, sessionOptions) : null;
            trunk = split is not null ? OpenGraph.OfPackage(package, split.Trunk, target, sessionOptions) : null;
            answers = OpenGraph.OfPackage(package, split?.Rest ?? package.Card.Graph, target, sessionOptions);
            return new ModelGraphs(package, answers, trunk, cut, options.MaxCropsPerRun, options.BatchSizesOn(target))
            {
                allocators = target.IsElsewhere ? target.MemoryOf(answers.Session) : null,
            };
        }
        catch
        {
            cut?.Dispose();
            answers?.Dispose();
            trunk?.Dispose();
            throw;
        }
    }

    public GraphTensor? Find(OutputKinds kind) => Outputs.FirstOrDefault(output => output.Kind == kind);

    /// <summary>The kinds that the graph must compute; logits stand in where the graph has no softmax.</summary>
    public OutputKinds Needed(OutputKinds kinds) => makesProbabilities && kinds.HasFlag(OutputKinds.Probabilities)
        ? (kinds & ~OutputKinds.Probabilities) | OutputKinds.Logits
        : kinds;

    /// <summary>
    /// The number of rows to run for a number of crops. The CPU takes any number. A GPU plans its kernels and memory for each new number,
    /// so runs are padded to a few of them.
    /// </summary>
    public int Padded(int count, int rows) => batchSizes is null ? count : Math.Min(rows, batchSizes.First(size => size >= count));

    /// <summary>Memory for the tensors of a run: of the host, and of the GPU where tensors stay there.</summary>
    public (OrtMemoryAllocation Host, OrtMemoryAllocation? Device) Allocate() => (
        (allocators?.Host ?? OrtAllocator.DefaultInstance).Allocate((uint)Bytes(onDevice: false)),
        Bytes(onDevice: true) is > 0 and var bytes ? allocators?.Device.Allocate((uint)bytes) : null);

    public void Dispose()
    {
        allocators?.Host.Dispose();
        allocators?.Device.Dispose();
        Cut?.Dispose();
        Answers.Dispose();
        Trunk?.Dispose();
    }

    private List<(GraphTensor Tensor, int Rows, bool OnDevice)> Lay(GraphTensor input, GraphTensor[] ofTrunk)
    {
        var batch = FixedBatch ?? 1;
        var rows = (MaxCrops + batch - 1) / batch * batch;
        var mapsStay = Cut is not null && Trunk is not null;
        List<(GraphTensor, int, bool)> tensors = [(input, rows, mapsStay), .. Outputs.Select(output => (output, rows, false))];
        if (ofTrunk is [var canvasPixels, var canvasMaps, var cropPixels, var cropMaps])
        {
            var crops = Math.Min(CropsPerTrunkRun, MaxCrops);
            tensors.AddRange([
                (canvasPixels, CanvasesPerTrunkRun, false), (canvasMaps, CanvasesPerTrunkRun, mapsStay),
                (cropPixels, crops, false), (cropMaps, crops, mapsStay),
            ]);
        }

        if (mapsStay && Card.Split is { CropSide: var side })
        {
            tensors.Add((WindowCut.PlacesOf(side), rows, false));
        }

        return tensors;
    }

    private long Bytes(bool onDevice) =>
        Tensors.Where(tensor => tensor.OnDevice == onDevice).Sum(tensor => RunTensor.Bytes(tensor.Tensor, tensor.Rows));
}
