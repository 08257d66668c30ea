using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Inference.Catalog;

/// <summary>Which packages are served.</summary>
public sealed class RepositoryOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "ModelRepository";

    /// <summary>
    /// Folder of packages, <c>name/version/</c>; every name is served in its newest version. A relative path counts from the
    /// program's own folder. Default: <c>models</c>, the packages that come with the program.
    /// </summary>
    [Required(ErrorMessage = "ModelRepository:Path must name a folder.")]
    public string Path { get; set; } = "models";

    /// <summary>
    /// Models that answer when a request names none: a comma list of names, each with <c>=weight</c> where it is not the
    /// one that its card names (1 where it names none), such as <c>cifar-a=2,cifar-b</c>. Empty (default) means all packages of the folder, which must then share their labels.
    /// </summary>
    public string Default { get; set; } = "";
}
