namespace AlexNetService.Training.Runs;

/// <summary>Matches the classes of a data set with those of a model, by identifier.</summary>
public static class ClassMatch
{
    /// <summary>
    /// Finds each class of a data set among the classes of a model, or of the data set that it learns from: index of the model's class by
    /// index of the data set's class.
    /// </summary>
    /// <exception cref="InputException">The data set has a class that the model does not know.</exception>
    public static int[] Of(LabelledPhotographs dataSet, IReadOnlyList<ClassLabel> model, string name)
    {
        if (model.GroupBy(label => label.Id, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InputException($"'{name}' has several classes '{twice.Key}'. Give each its own identifier in the card.");
        }

        var ids = Listing.Some([.. model.Select(label => label.Id)]);
        var known = model.ToDictionary(label => label.Id, label => label.Index, StringComparer.Ordinal);
        return [.. dataSet.Labels.Select(label => known.TryGetValue(label.Id, out var index)
            ? index
            : throw new InputException(
                $"'{name}' has no class '{label.Id}', which '{dataSet.Name}' has; it knows {ids}."))];
    }
}
