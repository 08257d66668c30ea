using AlexNetService.ModelSpec.Architecture;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// The network of a layer table, divided into columns that each live on a device of their own (Krizhevsky 2012 §3.2). A column
/// works on its own maps; where the table says <see cref="Reads.BothColumns"/> the maps are copied across and joined, first
/// column first. Nothing else crosses between devices.
/// </summary>
public sealed class ColumnNetwork : nn.Module<Tensor, Tensor>
{
    private readonly List<Stage> stages = [];

    /// <summary>Builds the network; its weights are the library's until <see cref="ColumnWeights"/> sets them.</summary>
    /// <param name="architecture">The layer table.</param>
    /// <param name="placement">A device for each column.</param>
    /// <exception cref="ArchitectureException">The table describes no network.</exception>
    public ColumnNetwork(NetworkArchitecture architecture, ColumnPlacement placement)
        : base(architecture.Preset)
    {
        if (placement.Devices.Count != architecture.Columns)
        {
            throw new ArgumentException($"{architecture.Columns} columns need as many devices, not {placement.Devices.Count}.", nameof(placement));
        }

        Architecture = architecture;
        Placement = placement;
        foreach (var row in architecture.Rows())
        {
            // The classifier is not divided: it is whole on the first column's device.
            var columns = row.Layer is Classifier ? 1 : architecture.Columns;
            var stage = new Stage(row.Layer, new nn.Module<Tensor, Tensor>[columns]);
            for (var column = 0; column < columns; column++)
            {
                var module = LayerModules.Of(row, architecture.Columns, placement.Devices[column]);
                stage.Columns[column] = module;
                register_module(columns == 1 ? row.Layer.Name : architecture.InColumn(row.Layer.Name, column), module);
            }

            stages.Add(stage);
        }
    }

    /// <summary>The layer table.</summary>
    public NetworkArchitecture Architecture { get; }

    /// <summary>Where each column lives.</summary>
    public ColumnPlacement Placement { get; }

    /// <summary>The stages of the table with their module in each column.</summary>
    internal IReadOnlyList<Stage> Stages => stages;

    /// <summary>Crops → logits.</summary>
    /// <param name="input">[N,3,crop,crop] float, 0..255 less the mean colour; on any device.</param>
    /// <returns>[N,classes] on the first column's device; not normalised.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var maps = Placement.Devices.Select(device => input.to(device)).ToArray();
        foreach (var stage in stages)
        {
            maps = stage.Layer is WeightedLayer { Reads: Reads.BothColumns } ? Exchange(maps, stage.Columns.Length) : maps;
            maps = [.. stage.Columns.Select((module, column) => module.call(maps[column]))];
        }

        return maps[0].MoveToOuterDisposeScope();
    }

    /// <summary>Gives each of the next stage's columns all maps. Columns on one device share the joined tensor.</summary>
    private Tensor[] Exchange(Tensor[] maps, int receivers)
    {
        if (maps.Length == 1)
        {
            return maps;
        }

        var joined = new Tensor[receivers];
        for (var column = 0; column < receivers; column++)
        {
            var device = Placement.Devices[column];
            var twin = Enumerable.Range(0, column).FirstOrDefault(other => SameDevice(Placement.Devices[other], device), -1);
            joined[column] = twin >= 0 ? joined[twin] : cat([.. maps.Select(own => own.to(device))], dim: 1);
        }

        return joined;
    }

    private static bool SameDevice(Device one, Device other) => one.type == other.type && one.index == other.index;

    /// <summary>A layer and its module in each column (one for the classifier).</summary>
    internal sealed record Stage(Layer Layer, nn.Module<Tensor, Tensor>[] Columns);
}
