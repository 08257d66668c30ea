using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Which class of a model each class of a data set is, by identifier.</summary>
internal static class ClassMatch
{
    /// <returns>Index of the model's class, by index of the data set's class.</returns>
    /// <exception cref="InputException">The data set has a class that the model does not know.</exception>
    public static int[] Of(IReadOnlyList<ClassLabel> dataSet, IReadOnlyList<ClassLabel> model, string name)
    {
        if (model.GroupBy(label => label.Id, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InputException($"'{name}' has several classes '{twice.Key}'; give each an identifier of its own in its card.");
        }

        var known = model.ToDictionary(label => label.Id, label => label.Index, StringComparer.Ordinal);
        return [.. dataSet.Select(label => known.TryGetValue(label.Id, out var index)
            ? index
            : throw new InputException($"'{name}' has no class '{label.Id}'; it knows {First(model)}."))];
    }

    /// <summary>The first identifiers, to be read in an error.</summary>
    public static string First(IReadOnlyList<ClassLabel> labels) =>
        string.Join(", ", labels.Take(10).Select(label => label.Id)) + (labels.Count > 10 ? ", …" : "");
}
