using AlexNetService.Training.Runs;
using static TorchSharp.torch;

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

    /// <summary>Opens a checkpoint's network. The name of the run is its folder, or the checkpoint's file.</summary>
    /// <exception cref="InputException">A device does not exist.</exception>
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
    public override IEnumerable<float[]> Logits(Canvases canvases, CropWindow[] windows, CancellationToken stop)
    {
        network.eval();
        using var feed = new BatchFeed(windows.Length * 16, Geometry.Crop, augmentation.Pixels, network.Placement.UsesCuda);
        var count = canvases.Photographs.Count;
        foreach (var batch in feed.Run(count * windows.Length, augmentation.Windows(canvases, windows, count)))
        {
            stop.ThrowIfCancellationRequested();
            foreach (var logits in Logits(batch, windows.Length))
            {
                yield return logits;
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        centring.Dispose();
        network.Dispose();
    }

    /// <summary>Logits of a batch with all views of some photographs → [views,classes] of each photograph.</summary>
    private float[][] Logits(Batch batch, int views)
    {
        using var noGradient = no_grad();
        using var step = NewDisposeScope();
        var logits = network.Logits(centring.Of(batch)).cpu().contiguous();
        return [.. MemoryMarshal.Cast<byte, float>(logits.bytes).ToArray().Chunk(views * (int)logits.shape[1])];
    }
}
