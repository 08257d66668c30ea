using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;

namespace AlexNetService.Worker.Evaluate;

/// <summary>A model that is measured: a package as it is served, or a run's checkpoint in torch.</summary>
internal abstract class EvaluatedModel : IDisposable
{
    /// <summary>What tables call it.</summary>
    public required string Name { get; init; }

    /// <summary>Hash of what was measured: of a package's graph, or of a checkpoint's weights.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Its classes.</summary>
    public required IReadOnlyList<ClassLabel> Labels { get; init; }

    /// <summary>Its canvas and crop.</summary>
    public required CropGeometry Geometry { get; init; }

    /// <summary>What its logits are divided by now, before any new fit.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Its share in an ensemble now.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Hash of the data set it learned from, or null where that is not known.</summary>
    public string? DataSetSha256 { get; init; }

    /// <summary>Share of that data set that it did not learn from.</summary>
    public double? ValidationFraction { get; init; }

    /// <summary>Logits of some views of every photograph in turn.</summary>
    /// <param name="canvases">The photographs, decoded for the model's canvas.</param>
    /// <param name="windows">The views.</param>
    /// <param name="stop">Stops the measurement.</param>
    /// <returns>[views,classes] of each photograph; raw, before any temperature.</returns>
    public abstract IEnumerable<float[]> Logits(Canvases canvases, IReadOnlyList<CropWindow> windows, CancellationToken stop);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
