using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>What a run of a model needs in memory, and how runs are put together over it.</summary>
/// <param name="card">The card.</param>
/// <param name="binding">What was found out about the graph that ends in the answers.</param>
/// <param name="trunk">The trunk, where the network is split.</param>
/// <param name="last">The graph that ends in the answers.</param>
/// <param name="sizes">Numbers of rows to run.</param>
internal sealed class SessionLayout(ModelCard card, GraphBinding binding, OpenGraph? trunk, OpenGraph last, BatchSizes sizes)
{
    // Crops that come alone share a run of the trunk up to this number; more would only hold memory.
    private const int CropsPerTrunkRun = 10;
    private const int CanvasRows = 2;

    private readonly TensorPlan[] plans = [.. Plans(binding, sizes), .. TrunkPlans(card, binding, sizes)];

    /// <summary>Bytes of a run's memory.</summary>
    public long Bytes => plans.Sum(plan => plan.Bytes);

    /// <summary>Puts a run together over a memory of at least <see cref="Bytes"/>.</summary>
    public CropRun Over(RunMemory memory)
    {
        var tensors = memory.Lay(plans);
        var input = tensors[0];
        var outputs = Kinds(binding).Zip(tensors.Skip(1)).ToDictionary(pair => pair.First, pair => pair.Second);
        var graph = new GraphRun(
            last,
            new BoundTensor(default, binding.Input.Name, input),
            [.. binding.Outputs.Select(output => new BoundTensor(output.Kind, output.Name, outputs[output.Kind]))]);
        var source = binding.Split is { } split && trunk is not null
            ? Shared(split, trunk, tensors.AsSpan(1 + outputs.Count), input)
            : (CropSource)new SeparateCrops(new PixelInput(new CropPacking(card.Preprocessing, card.Preprocessing.Crop), input), card.Preprocessing.Canvas);
        return new CropRun(memory, source, graph, outputs, binding, sizes, card.Calibration?.Temperature ?? 1);
    }

    private SharedTrunkCrops Shared(SplitBinding split, OpenGraph trunk, ReadOnlySpan<TensorMemory> tensors, TensorMemory target) => new(
        split.Graph,
        card.Preprocessing,
        Trunk(split, trunk, card.Preprocessing.Canvas, tensors[0], tensors[1]),
        Trunk(split, trunk, card.Preprocessing.Crop, tensors[2], tensors[3]),
        sizes.UpTo(tensors[2].Plan.Rows),
        target);

    private TrunkRun Trunk(SplitBinding split, OpenGraph trunk, int side, TensorMemory pixels, TensorMemory maps) => new(
        new GraphRun(trunk, new BoundTensor(default, split.Input, pixels), [new BoundTensor(GraphRun.Maps, split.Graph.Maps, maps)]),
        new PixelInput(new CropPacking(card.Preprocessing, side), pixels),
        maps);

    private static IEnumerable<TensorPlan> Plans(GraphBinding binding, BatchSizes sizes)
    {
        var batch = binding.FixedBatch ?? 1;
        var rows = (sizes.Largest + batch - 1) / batch * batch;
        yield return new TensorPlan(binding.Input.Type, binding.Input.RowShape, rows);
        foreach (var kind in Kinds(binding))
        {
            // Probabilities have as many values as the logits they can be made from.
            var shape = (binding.Find(kind) ?? binding.Find(OutputKinds.Logits))?.CropShape ?? [];
            yield return new TensorPlan(TensorElementType.Float, shape, rows);
        }
    }

    private static TensorPlan[] TrunkPlans(ModelCard card, GraphBinding binding, BatchSizes sizes)
    {
        if (binding.Split is not { } split)
        {
            return [];
        }

        var (canvas, crop, maps) = (card.Preprocessing.Canvas, card.Preprocessing.Crop, SplitBinding.TypeOf(split.Graph.Type));
        var crops = Math.Min(CropsPerTrunkRun, sizes.Largest);
        return
        [
            new TensorPlan(split.PixelType, [NetworkArchitecture.Channels, canvas, canvas], CanvasRows),
            new TensorPlan(maps, split.CanvasShape, CanvasRows),
            new TensorPlan(split.PixelType, [NetworkArchitecture.Channels, crop, crop], crops),
            new TensorPlan(maps, split.CropShape, crops),
        ];
    }

    /// <summary>The answers that have a place of their own: what the graph gives, and probabilities always.</summary>
    private static IEnumerable<OutputKinds> Kinds(GraphBinding binding) =>
        binding.Outputs.Select(output => output.Kind).Append(OutputKinds.Probabilities).Distinct();
}
