/** The names that a set allows: `'a' | 'b' | OtherString` without what keeps it open; nothing for any other text. */
type Names<T> = T extends string ? (string extends T ? never : T) : never;
type IsAny<T> = 0 extends 1 & T ? true : false;

/** What a form holds where the declaration says `T`: all is text there. What cannot be told fits nothing. */
type Form<T> = IsAny<T> extends true
    ? never
    : [Names<T>] extends [never]
      ? FormEach<T>
      : Names<T> | FormEach<Exclude<T, string>>;
type FormEach<T> = T extends number
    ? `${number}`
    : T extends boolean
      ? `${boolean}`
      : T extends null
        ? ''
        : T extends string | undefined
          ? T
          : T extends (infer One)[]
            ? Form<One>[]
            : T extends object
              ? { [Name in keyof T]: Form<T[Name]> }
              : never;

/** What an answer holds where the declaration says `T`: sets are closed, and decimal numbers are texts. */
type Said<T> = IsAny<T> extends true
    ? unknown
    : [Names<T>] extends [never]
      ? SaidEach<T>
      : Names<T> | SaidEach<Exclude<T, string>>;
type SaidEach<T> = T extends number | boolean | string | null | undefined
    ? T
    : T extends { toNumber(): number }
      ? string
      : T extends (infer One)[]
        ? Said<One>[]
        : T extends object
          ? { [Name in keyof Omit<T, 'lastResponse'>]: Said<T[Name & keyof T]> }
          : never;

/** What a method answers. */
type Answered<Method> = Method extends (...given: never[]) => PromiseLike<infer Answer> ? Said<Answer> : never;

/** The parameters of a method, which stand after as many ids as its path has. */
type Asked<Method, Ids extends number> = Method extends (...given: infer Given) => unknown
    ? Form<NonNullable<Given[Ids]>>
    : never;
