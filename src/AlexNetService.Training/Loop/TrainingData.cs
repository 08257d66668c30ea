using AlexNetService.Training.Data;

namespace AlexNetService.Training.Loop;

/// <summary>The photographs that a run trains on and those it validates on.</summary>
/// <param name="Training">Canvases to train on.</param>
/// <param name="Validation">Held-out canvases; may be empty.</param>
public sealed record TrainingData(Canvases Training, Canvases Validation)
{
    /// <summary>Splits a data set and prepares its canvases.</summary>
    /// <param name="source">The data set; must outlive this.</param>
    /// <param name="share">The shares to train on and to hold out.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="cancellation">Stops the decoding.</param>
    /// <exception cref="DataSetException">No photograph is left to train on, or too many cannot be decoded.</exception>
    public static TrainingData Load(LabelledPhotographs source, DataShare share, int side, CancellationToken cancellation)
    {
        var (learned, heldOut) = source.Split(share);
        return learned.Count == 0
            ? throw new DataSetException($"'{source.Name}' has {source.Photographs.Count} photographs; none is left to train on.")
            : new TrainingData(Canvases.Load(source, learned, side, cancellation), Canvases.Load(source, heldOut, side, cancellation));
    }
}
