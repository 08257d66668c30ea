using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;

namespace AlexNetService.Worker.Evaluate;

/// <summary>A run's checkpoint, in torch.</summary>
internal sealed class EvaluatedRun : EvaluatedModel
{
    private readonly ColumnNetwork network;
    private readonly Augmentation augmentation;

    private EvaluatedRun(ColumnNetwork network, Augmentation augmentation)
    {
        this.network = network;
        this.augmentation = augmentation;
    }

    /// <summary>Takes a checkpoint's network for measurement.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="run">The run's folder, or the checkpoint's file.</param>
    /// <param name="devices">Device of each column.</param>
    /// <exception cref="DeviceException">A device is not there.</exception>
    public static EvaluatedRun Of(Checkpoint checkpoint, string run, string devices)
    {
        var state = checkpoint.State;
        var network = new ColumnNetwork(state.Architecture, ColumnPlacement.Parse(devices, state.Architecture.Columns));
        ColumnWeights.Load(network, checkpoint.Weights);
        return new EvaluatedRun(network, new Augmentation(state.Architecture.Geometry, state.Colours, colourShift: 0))
        {
            Name = $"{run} {Train.RunCheckpoint.Place(state)}",
            Sha256 = HashOf(state.Architecture, checkpoint.Weights),
            Labels = state.Labels,
            Geometry = state.Architecture.Geometry,
            DataSetSha256 = state.DataSetSha256,
            ValidationFraction = state.Recipe.ValidationFraction,
        };
    }

    /// <summary>SHA-256 over the weights in the table's order: tells one checkpoint from another wherever it lies.</summary>
    public static string HashOf(NetworkArchitecture architecture, NamedWeights weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var shape in architecture.Weights())
        {
            hash.AppendData(MemoryMarshal.AsBytes(weights[shape.Name].Values.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public override IEnumerable<float[]> Logits(Canvases canvases, IReadOnlyList<CropWindow> windows, CancellationToken stop) =>
        Validation.Logits(network, canvases, augmentation, windows, stop);

    protected override void Dispose(bool disposing) => network.Dispose();
}
