using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// The network of a layer table, divided into columns, each on its own device (Krizhevsky 2012 §3.2). A column works on its own
/// maps. For a layer with <see cref="Reads.BothColumns"/> the maps of all columns are copied to each device and joined, first column
/// first. Nothing else crosses between devices. Maps and kernels use channels-last memory.
/// </summary>
public sealed class ColumnNetwork : nn.Module<Tensor, Tensor>
{
    private readonly List<Stage> stages = [];
    private readonly List<ColumnDropout> dropouts = [];

    /// <summary>
    /// Builds the network with TorchSharp's default weights; <see cref="ColumnWeights"/> replaces them. The precision is that of training
    /// steps; with bfloat16 the network also keeps its float32 weights.
    /// </summary>
    /// <exception cref="ArchitectureException">The table does not describe a valid network.</exception>
    public ColumnNetwork(NetworkArchitecture architecture, ColumnPlacement placement, ComputePrecision precision = ComputePrecision.Fp32)
        : base(architecture.Preset)
    {
        if (placement.Devices.Count != architecture.Columns)
        {
            throw new ArgumentException(
                $"The placement has {placement.Devices.Count} devices for {architecture.Columns} columns; pass one device per column.",
                nameof(placement));
        }

        Architecture = architecture;
        Placement = placement;
        Precision = precision;
        foreach (var row in architecture.Rows())
        {
            var stage = Build(row);
            for (var column = 0; column < stage.Columns.Length; column++)
            {
                var module = stage.Columns[column];
                register_module(stage.Columns.Length == 1 ? row.Layer.Name : architecture.InColumn(row.Layer.Name, column), module);
                if (module is ColumnDropout dropout)
                {
                    dropouts.Add(dropout);
                }
            }

            stages.Add(stage);
        }
    }

    /// <summary>The layer table.</summary>
    public NetworkArchitecture Architecture { get; }

    /// <summary>The device of each column.</summary>
    public ColumnPlacement Placement { get; }

    /// <summary>The element type of training steps.</summary>
    public ComputePrecision Precision { get; }

    internal IReadOnlyList<Stage> Stages => stages;

    /// <summary>As <see cref="Logits"/>, from crops on any device, [N,3,crop,crop].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Logits([.. Placement.Devices.Select(device => input.to(device))]).MoveToOuterDisposeScope();
    }

    private IEnumerable<Stage> Copied => stages.Where(stage => stage.Working != stage.Columns);

    /// <summary>Crops → logits, in float32.</summary>
    /// <param name="crops">[N,3,crop,crop] float for each column on its device, 0..255 minus the mean colour.</param>
    /// <returns>[N,classes] logits, before softmax, on the first column's device.</returns>
    public Tensor Logits(IReadOnlyList<Tensor> crops)
    {
        using var scope = NewDisposeScope();
        return stages[^1].Columns[0].call(Features(crops)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Crops, as for <see cref="Logits"/> → what the classifier reads, in float32: [N,values] or [N,maps,height,width], on the first
    /// column's device.
    /// </summary>
    internal Tensor Features(IReadOnlyList<Tensor> crops)
    {
        using var scope = NewDisposeScope();
        var maps = crops.Select(ChannelsLast).ToArray();
        foreach (var stage in stages[..^1])
        {
            if (stage.Exchanges)
            {
                // All copies before any join: a copy waits for the work that both devices were given before it.
                var read = stage.Columns.Select((_, column) => maps.Select(own => own.to(Placement.Devices[column])).ToArray()).ToArray();
                maps = [.. read.Select(copies => cat(copies, dim: 1))];
            }

            maps = [.. stage.Columns.Select((module, column) => module.call(maps[column]))];
        }

        var features = stages[^1].Exchanges ? cat([.. maps.Select(own => own.to(Placement.Devices[0]))], dim: 1) : maps[0];
        return features.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Seeds the dropout of the next pass. The crops of the pass are some rows of a batch, or all; they drop what the whole batch would.
    /// </summary>
    internal void SeedDropout(long seed, BatchRows? rows = null)
    {
        foreach (var (place, dropout) in dropouts.Index())
        {
            dropout.Seed(seed + place, rows);
        }
    }

    /// <summary>The same values in channels-last memory; a view if they already are.</summary>
    internal static Tensor ChannelsLast(Tensor maps) => maps.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    /// <summary>Copies the float32 weights into the working weights of training steps, if those are separate.</summary>
    internal void RefreshWorking()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (master, working) in Copied
            .SelectMany(stage => stage.Columns.Zip(stage.Working))
            .SelectMany(pair => pair.First.parameters().Zip(pair.Second.parameters())))
        {
            working.copy_(master);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var working in Copied.SelectMany(stage => stage.Working))
            {
                working.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private Stage Build(LayerRow row)
    {
        // The classifier is not divided; all of it is on the first column's device.
        var columns = row.Layer is Classifier ? 1 : Architecture.Columns;
        var modules = Modules(row, columns);
        var apart = Precision == ComputePrecision.Bf16 && row.Layer is WeightedLayer;
        var working = apart ? [.. Modules(row, columns).Select(module => module.to(ScalarType.BFloat16))] : modules;
        foreach (var kernel in modules.Union(working).SelectMany(module => module.parameters()).Where(weight => weight.dim() == 4))
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            kernel.set_(ChannelsLast(kernel.detach()));
        }

        return new Stage(row.Layer, modules, working, Architecture.Columns > 1 && row.Layer is WeightedLayer { Reads: Reads.BothColumns });
    }

    private nn.Module<Tensor, Tensor>[] Modules(LayerRow row, int columns) =>
        [.. Placement.Devices.Take(columns).Select(device => LayerModules.Of(row, Architecture.Columns, device))];

    /// <summary>
    /// A layer and its modules in each column (one for the classifier): those with the float32 weights, and those that training steps use,
    /// which are the same ones or their copies in bfloat16. In an exchange each column reads the maps of all columns.
    /// </summary>
    internal sealed record Stage(Layer Layer, nn.Module<Tensor, Tensor>[] Columns, nn.Module<Tensor, Tensor>[] Working, bool Exchanges);
}
