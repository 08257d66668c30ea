using System.Globalization;

namespace AlexNetService.Inference.Catalog;

/// <summary>A member in a setting.</summary>
/// <param name="Name">Name of a model or an ensemble.</param>
/// <param name="Weight">Its weight, or null for that of the model's card.</param>
internal readonly record struct ListedMember(string Name, double? Weight);

/// <summary>Reads a setting that lists members: <c>name[=weight],…</c>.</summary>
internal static class MemberList
{
    private const StringSplitOptions Tidy = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    /// <param name="setting">Name of the setting, for messages.</param>
    /// <param name="list">Its value.</param>
    /// <exception cref="CatalogException">The list is malformed.</exception>
    public static IReadOnlyList<ListedMember> Parse(string setting, string list)
    {
        var members = list.Split(',', Tidy).Select(text => Member(setting, text)).ToArray();
        return members.CountBy(member => member.Name).FirstOrDefault(name => name.Value > 1) is { Key: { } twice }
            ? throw new CatalogException([$"{setting} names '{twice}' more than once. Give it a weight instead."])
            : members;
    }

    /// <param name="list">Names separated by commas.</param>
    public static IReadOnlyList<string> Names(string list) => [.. list.Split(',', Tidy).Distinct(StringComparer.Ordinal)];

    private static ListedMember Member(string setting, string text) => text.Split('=', StringSplitOptions.TrimEntries) switch
    {
        [var name] => new ListedMember(name, null),
        [var name, var number] when double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) =>
            new ListedMember(name, weight),
        _ => throw new CatalogException([$"{setting} has '{text}' where name or name=weight is expected, such as cifar-a=2."]),
    };
}
