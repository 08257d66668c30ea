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
    /// <exception cref="DataSetException">No photograph is left to train on, or more than 1 % cannot be decoded.</exception>
    public static TrainingData Load(LabelledPhotographs source, DataShare share, int side, CancellationToken cancellation)
    {
        var (learned, heldOut) = source.Split(share);
        return learned.Count == 0
            ? throw new DataSetException($"'{source.Name}' has {source.Photographs.Count} photographs; none is left to train on.")
            : new TrainingData(Canvases.Load(source, learned, side, cancellation), Canvases.Load(source, heldOut, side, cancellation));
    }

    /// <summary>Prepares the canvases of one data set to train on and of another to validate on.</summary>
    /// <param name="source">The data set to train on; must outlive this.</param>
    /// <param name="heldOut">The data set to validate on; must outlive this.</param>
    /// <param name="classes">Index of a class in the training set, by its index in the validation set.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="cancellation">Stops the decoding.</param>
    /// <exception cref="DataSetException">More than 1 % of the photographs cannot be decoded.</exception>
    public static TrainingData Load(
        LabelledPhotographs source, LabelledPhotographs heldOut, IReadOnlyList<int> classes, int side, CancellationToken cancellation) =>
        new(Canvases.Load(source, source.Photographs, side, cancellation), Judged(heldOut, classes, side, cancellation));

    /// <summary>Prepares the canvases of a whole data set to validate on.</summary>
    /// <param name="heldOut">The data set; must outlive this.</param>
    /// <param name="classes">Index of a class in the training set, by its index in this set.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="cancellation">Stops the decoding.</param>
    /// <exception cref="DataSetException">More than 1 % of the photographs cannot be decoded.</exception>
    public static Canvases Judged(LabelledPhotographs heldOut, IReadOnlyList<int> classes, int side, CancellationToken cancellation)
    {
        Photograph[] judged = [.. heldOut.Photographs.Select(photograph => photograph with { Label = classes[photograph.Label] })];
        return Canvases.Load(heldOut, judged, side, cancellation);
    }
}
