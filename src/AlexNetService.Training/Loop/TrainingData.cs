using AlexNetService.Training.Data;

namespace AlexNetService.Training.Loop;

/// <summary>What a run learns from and what it is judged on.</summary>
/// <param name="Training">Canvases to learn from.</param>
/// <param name="Validation">Canvases held out; may be empty.</param>
public sealed record TrainingData(Canvases Training, Canvases Validation)
{
    /// <summary>Splits a data set and prepares its canvases.</summary>
    /// <param name="source">The data set; must outlive this.</param>
    /// <param name="share">What to learn from and what to hold out.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="cancellation">Stops the decoding.</param>
    /// <exception cref="DataSetException">Nothing is left to learn from, or more than 1 % of the photographs cannot be decoded.</exception>
    public static TrainingData Load(LabelledPhotographs source, DataShare share, int side, CancellationToken cancellation)
    {
        var (learned, heldOut) = source.Split(share);
        return learned.Count == 0
            ? throw new DataSetException($"'{source.Name}' has {source.Photographs.Count} photographs; none is left to learn from.")
            : new TrainingData(Canvases.Load(source, learned, side, cancellation), Canvases.Load(source, heldOut, side, cancellation));
    }

    /// <summary>Prepares the canvases of a data set to learn from and of another that is held out.</summary>
    /// <param name="source">The data set; must outlive this.</param>
    /// <param name="heldOut">The other one; must outlive this too.</param>
    /// <param name="classes">Index of the class in the first, by index of the class in the other.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="cancellation">Stops the decoding.</param>
    /// <exception cref="DataSetException">More than 1 % of the photographs cannot be decoded.</exception>
    public static TrainingData Load(
        LabelledPhotographs source, LabelledPhotographs heldOut, IReadOnlyList<int> classes, int side, CancellationToken cancellation)
    {
        return new TrainingData(
            Canvases.Load(source, source.Photographs, side, cancellation), Judged(heldOut, classes, side, cancellation));
    }

    /// <summary>Prepares the canvases of a data set that is held out whole.</summary>
    /// <param name="heldOut">The data set; must outlive this.</param>
    /// <param name="classes">Index of the class that is learned, by index of the class in this one.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="cancellation">Stops the decoding.</param>
    /// <exception cref="DataSetException">More than 1 % of the photographs cannot be decoded.</exception>
    public static Canvases Judged(LabelledPhotographs heldOut, IReadOnlyList<int> classes, int side, CancellationToken cancellation)
    {
        Photograph[] judged = [.. heldOut.Photographs.Select(photograph => photograph with { Label = classes[photograph.Label] })];
        return Canvases.Load(heldOut, judged, side, cancellation);
    }
}
