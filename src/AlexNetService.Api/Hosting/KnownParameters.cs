using System.Reflection;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Hosting;

/// <summary>Refuses parameters that a route does not know: a misspelt one would otherwise be ignored.</summary>
internal static class KnownParameters
{
    // More edits make another word.
    private const int MaxEdits = 2;

    /// <summary>Lets the routes of a group accept only the query parameters that their handlers bind.</summary>
    public static RouteGroupBuilder RefusesUnknownParameters(this RouteGroupBuilder group)
    {
        group.WithMetadata(new ProducesResponseTypeMetadata(
            400, typeof(ProblemDetails), ["application/problem+json"]));
        return group.AddEndpointFilterFactory((endpoint, next) =>
        {
            string[] known = [.. endpoint.MethodInfo.GetParameters().SelectMany(QueryNames)];
            return context => context.HttpContext.Request.Query.Keys.FirstOrDefault(name => !IsKnown(name, known)) is { } unknown
                ? ValueTask.FromResult<object?>(Refuse("query parameter", unknown, known))
                : next(context);
        });
    }

    /// <summary>The names of the parameters that a record of the query binds.</summary>
    public static IReadOnlyList<string> Of<TQuery>() =>
        [.. typeof(TQuery).GetConstructors().SelectMany(constructor => constructor.GetParameters()).SelectMany(QueryNames)];

    /// <summary>Refuses a name of a kind, such as query parameter.</summary>
    public static Problem Refuse(string kind, string name, IReadOnlyList<string> known)
    {
        var takes = known.Count == 0 ? $"no {kind}s" : string.Join(", ", known);
        return new Problem(400, "Unknown parameter", $"Unknown {kind} '{name}'.{Guess(name, known)} This route takes {takes}.");
    }

    /// <summary>A question for the nearest known name, after a space, or nothing if none is near.</summary>
    public static string Guess(string name, IEnumerable<string> known) =>
        known.Select(each => (Name: each, Edits: Edits(name, each))).Where(each => each.Edits <= MaxEdits)
            .OrderBy(each => each.Edits).Select(each => $" Did you mean '{each.Name}'?").FirstOrDefault("");

    private static bool IsKnown(string name, string[] known) => known.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> QueryNames(ParameterInfo parameter) =>
        parameter.IsDefined(typeof(AsParametersAttribute))
            ? parameter.ParameterType.GetConstructors().SelectMany(constructor => constructor.GetParameters()).SelectMany(QueryNames)
            : parameter.GetCustomAttribute<FromQueryAttribute>() is { } query ? [query.Name ?? parameter.Name ?? ""] : [];

    /// <summary>The fewest letters to insert, remove or replace that turn one name into the other (Levenshtein 1966).</summary>
    private static int Edits(string from, string to)
    {
        var above = Enumerable.Range(0, to.Length + 1).ToArray();
        foreach (var (row, letter) in from.Index())
        {
            var current = new int[to.Length + 1];
            current[0] = row + 1;
            for (var i = 0; i < to.Length; i++)
            {
                var replaced = above[i] + (char.ToUpperInvariant(letter) == char.ToUpperInvariant(to[i]) ? 0 : 1);
                current[i + 1] = Math.Min(replaced, 1 + Math.Min(current[i], above[i + 1]));
            }

            above = current;
        }

        return above[^1];
    }
}
