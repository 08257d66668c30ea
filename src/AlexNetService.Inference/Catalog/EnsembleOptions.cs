namespace AlexNetService.Inference.Catalog;

/// <summary>Ensembles that requests can name as they name a model.</summary>
public sealed class EnsembleOptions
{
    /// <summary>Name of the configuration section, whose keys are the ensembles' names.</summary>
    public const string Section = "Ensembles";

    /// <summary>
    /// Name of an ensemble → its members, a comma list of models, each with <c>=weight</c> where it is not the one that its card names
    /// (1 where it names none), such as <c>cifar-a=2,cifar-b</c>. Default: none.
    /// </summary>
    public Dictionary<string, string> Members { get; } = new(StringComparer.Ordinal);
}
