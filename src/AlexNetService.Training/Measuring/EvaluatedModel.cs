namespace AlexNetService.Training.Measuring;

/// <summary>A model to measure: a package as it is served, or a run's checkpoint in torch.</summary>
public abstract class EvaluatedModel : IDisposable
{
    /// <summary>Its name in tables.</summary>
    public required string Name { get; init; }

    /// <summary>Hash of a package's graph, or of a checkpoint's weights.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Its classes.</summary>
    public required IReadOnlyList<ClassLabel> Labels { get; init; }

    /// <summary>Its canvas and crop.</summary>
    public required CropGeometry Geometry { get; init; }

    /// <summary>The divisor of its logits, before any new fit.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Its weight in an ensemble.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Hash of the data set it learned from, or null if unknown.</summary>
    public string? DataSetSha256 { get; init; }

    /// <summary>The share of that data set that it did not learn from, or null if unknown.</summary>
    public DataShare? Share { get; init; }

    /// <summary>
    /// Runs some views of every photograph, decoded for the model's canvas, in turn: logits [views,classes] of each; raw, before any
    /// temperature.
    /// </summary>
    public abstract IEnumerable<float[]> Logits(Canvases canvases, CropWindow[] windows, CancellationToken stop);

    /// <summary>Frees the model.</summary>
    public abstract void Dispose();
}
