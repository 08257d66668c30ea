using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using AlexNetService.Training.Runs;

namespace AlexNetService.Training.Measuring;

/// <summary>A run's checkpoint, measured in torch.</summary>
public sealed class EvaluatedRun : EvaluatedModel
{
    private readonly ColumnNetwork network;
    private readonly Augmentation augmentation;
    private readonly PixelCentring centring;

    private EvaluatedRun(ColumnNetwork network, ColourStatistics colours)
    {
        var geometry = network.Architecture.Geometry;
        this.network = network;
        augmentation = new Augmentation(geometry, colours, colourShift: 0);
        centring = new PixelCentring(colours, geometry.Crop, network.Placement);
    }

    /// <summary>Opens a checkpoint's network.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="run">The run's folder, or the checkpoint's file.</param>
    /// <param name="devices">Device of each column.</param>
    /// <exception cref="DeviceException">A device does not exist.</exception>
    public static EvaluatedRun Of(Checkpoint checkpoint, string run, string devices)
    {
        var state = checkpoint.State;
        var network = new ColumnNetwork(state.Architecture, ColumnPlacement.Parse(devices, state.Architecture.Columns));
        ColumnWeights.Load(network, checkpoint.Weights);
        return new EvaluatedRun(network, state.Colours)
        {
            Name = $"{run} {RunCheckpoint.Place(state)}",
            Sha256 = HashOf(state.Architecture, checkpoint.Weights),
            Labels = state.Labels,
            Geometry = state.Architecture.Geometry,
            DataSetSha256 = state.DataSetSha256,
            Share = state.Recipe.Share,
        };
    }

    /// <summary>SHA-256 over the weights in the order of the layer table, which identifies a checkpoint wherever it is stored.</summary>
    /// <param name="architecture">The layer table.</param>
    /// <param name="weights">The weights.</param>
    public static string HashOf(NetworkArchitecture architecture, NamedWeights weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var shape in architecture.Weights())
        {
            hash.AppendData(MemoryMarshal.AsBytes(weights[shape.Name].Values.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public override IEnumerable<float[]> Logits(Canvases canvases, CropWindow[] windows, CancellationToken stop) =>
        Validation.Logits(network, canvases, augmentation, centring, windows, stop);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        centring.Dispose();
        network.Dispose();
    }
}
