using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Which class of a model each class of a data set is, by identifier.</summary>
internal static class ClassMatch
{
    /// <returns>Index of the model's class, by index of the data set's class.</returns>
    /// <exception cref="InputException">The data set has a class that the model does not know.</exception>
    public static int[] Of(IReadOnlyList<ClassLabel> dataSet, IReadOnlyList<ClassLabel> model, string name)
    {
        var known = model.ToDictionary(label => label.Id, label => label.Index, StringComparer.Ordinal);
        return [.. dataSet.Select(label => known.TryGetValue(label.Id, out var index)
            ? index
            : throw new InputException($"'{name}' has no class '{label.Id}'; it knows {string.Join(", ", model.Take(10).Select(own => own.Id))}{(model.Count > 10 ? ", …" : "")}."))];
    }
}
