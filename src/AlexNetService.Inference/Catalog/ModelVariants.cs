using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Catalog;

/// <summary>
/// Finds the packages that hold the same network: a package and its quantized siblings, or its revisions under another name. In an average
/// they would count as one network with a larger weight, at the cost of several.
/// </summary>
public static class ModelVariants
{
    /// <summary>Chooses one package of each network: an original before a quantized one, then the one of the least error.</summary>
    /// <returns>Name of each package that is not chosen → name of the one that is chosen instead.</returns>
    public static IReadOnlyDictionary<string, string> LeftOut(IEnumerable<ModelCard> cards)
    {
        var chosen = new Dictionary<string, string>(StringComparer.Ordinal);
        var leftOut = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var card in cards.OrderBy(card => card.Quantization is not null)
            .ThenBy(card => card.Quantization?.Top1ErrorAfter)
            .ThenBy(card => card.Name, StringComparer.Ordinal))
        {
            string[] marks = [.. Marks(card)];
            var same = marks.Append(NameOf(card.Quantization?.FromName)).Select(mark => chosen.GetValueOrDefault(mark));
            var name = same.FirstOrDefault(other => other is not null) ?? card.Name;
            if (name != card.Name)
            {
                leftOut[card.Name] = name;
            }

            Array.ForEach(marks, mark => chosen.TryAdd(mark, name));
        }

        return leftOut;
    }

    /// <summary>
    /// What packages of the same network have in common; one of these is enough. A quantized one has no name here: several that were made
    /// from versions of one model are several networks, unless a version of that model answers too.
    /// </summary>
    private static IEnumerable<string> Marks(ModelCard card)
    {
        yield return $"graph {card.Quantization?.FromSha256 ?? card.Graph.Sha256}";
        if (card.Quantization is null)
        {
            yield return NameOf(card.Name);
        }

        if (card is { Quantization: null, Weights.Sha256: var weights })
        {
            // Another temperature changes the graph, not its weights.
            yield return $"weights {weights}";
        }
    }

    private static string NameOf(string? model) => $"name {model}";
}
