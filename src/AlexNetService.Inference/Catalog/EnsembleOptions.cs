namespace AlexNetService.Inference.Catalog;

/// <summary>Ensembles that requests can name like a model.</summary>
public sealed class EnsembleOptions
{
    /// <summary>Name of the configuration section, whose keys are the ensembles' names.</summary>
    public const string Section = "Ensembles";

    /// <summary>
    /// Name of an ensemble → its members, a comma list of models, such as <c>cifar-a=2,cifar-b</c>. Without <c>=weight</c> the weight of
    /// the model's card counts, or 1. Default: none.
    /// </summary>
    public Dictionary<string, string> Members { get; } = new(StringComparer.Ordinal);
}
