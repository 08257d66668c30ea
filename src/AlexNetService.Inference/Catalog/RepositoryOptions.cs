using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Inference.Catalog;

/// <summary>Which packages are served.</summary>
public sealed class RepositoryOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "ModelRepository";

    /// <summary>
    /// Folder of packages, <c>name/version/</c>. A relative path counts from the program's own folder. Default: <c>models</c>, the
    /// packages that come with the program.
    /// </summary>
    [Required(ErrorMessage = "ModelRepository:Path must name a folder.")]
    public string Path { get; set; } = "models";

    /// <summary>
    /// Models that are loaded at start, a comma list of names. Empty (default) means all packages of the folder.
    /// </summary>
    public string Load { get; set; } = "";

    /// <summary>Name of a model → the version that is served, in place of the newest one in the folder. Default: none.</summary>
    public Dictionary<string, int> Versions { get; set; } = new(StringComparer.Ordinal);

    /// <summary>
    /// What answers when a request names no model: a comma list of models, each with <c>=weight</c> where it is not the one that its
    /// card names (1 where it names none), such as <c>cifar-a=2,cifar-b</c>, and of ensembles, which bring their own weights. Empty
    /// (default) means all models that are loaded at start, which must then share their labels.
    /// </summary>
    public string Default { get; set; } = "";
}
