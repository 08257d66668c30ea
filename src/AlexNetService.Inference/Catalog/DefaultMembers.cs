using System.Globalization;

namespace AlexNetService.Inference.Catalog;

/// <summary>Reads <see cref="RepositoryOptions.Default"/>: <c>name[=weight],…</c>.</summary>
internal static class DefaultMembers
{
    private const StringSplitOptions Tidy = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    /// <returns>The names; a weight is null where the list names none and the model's card decides.</returns>
    /// <exception cref="CatalogException">The list cannot be read.</exception>
    public static IReadOnlyList<(string Name, double? Weight)> Parse(string list)
    {
        var members = list.Split(',', Tidy).Select(Member).ToArray();
        return members.CountBy(member => member.Name).FirstOrDefault(name => name.Value > 1) is { Key: { } twice }
            ? throw new CatalogException([$"ModelRepository:Default names '{twice}' more than once. Give it a weight instead."])
            : members;
    }

    private static (string Name, double? Weight) Member(string text) => text.Split('=', StringSplitOptions.TrimEntries) switch
    {
        [var name] => (name, null),
        [var name, var number] when double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) => (name, weight),
        _ => throw new CatalogException([$"ModelRepository:Default has '{text}' where name or name=weight is expected, such as cifar-a=2."]),
    };
}
