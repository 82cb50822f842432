"""Words: the closed lists by which attribution reads a sentence: verbs, function words, given names.

Nothing here is tuned to one article: these are the words of news English.
"""

from __future__ import annotations


def _words(listed: str) -> frozenset[str]:
    """The words of a list; a bar divides the forms of one verb from the next."""
    return frozenset(listed.replace("|", " ").split())


SPEECH = _words("""
say says said saying|tell tells told telling|add adds added adding|write writes wrote written writing|ask
asks asked asking|reply replies replied replying|answer answers answered answering|respond responds
responded responding|state states stated stating|note notes noted noting|explain explains explained
explaining|tweet tweets tweeted tweeting|post posts posted posting|continue continues continued
continuing|conclude concludes concluded concluding|declare declares declared declaring|argue argues argued
arguing|claim claims claimed claiming|insist insists insisted insisting|suggest suggests suggested
suggesting|warn warns warned warning|remark remarks remarked remarking|announce announces announced
announcing|admit admits admitted admitting|acknowledge acknowledges acknowledged acknowledging|assert
asserts asserted asserting|assure assures assured assuring|promise promises promised promising|vow vows
vowed vowing|pledge pledges pledged pledging|urge urges urged urging|joke jokes joked joking|quip quips
quipped quipping|shout shouts shouted shouting|chant chants chanted chanting|recall recalls recalled
recalling|report reports reported reporting|reiterate reiterates reiterated reiterating|repeat repeats
repeated repeating|stress stresses stressed stressing|emphasize emphasizes emphasized emphasizing|emphasise
emphasises emphasised emphasising|observe observes observed observing|lament laments lamented
lamenting|complain complains complained complaining|concede concedes conceded conceding|confirm confirms
confirmed confirming|deny denies denied denying|predict predicts predicted predicting|proclaim proclaims
proclaimed proclaiming|read reads reading|exclaim exclaims exclaimed exclaiming|testify testifies testified
testifying|maintain maintains maintained maintaining|contend contends contended contending|counter counters
countered countering|allege alleges alleged alleging|propose proposes proposed proposing|demand demands
demanded demanding|boast boasts boasted boasting|muse muses mused musing|retort retorts retorted
retorting|interject interjects interjected|yell yells yelled yelling|scream screams screamed screaming|cry
cries cried|whisper whispers whispered|mutter muttered|reveal reveals revealed revealing|cite cites cited
citing|quote quotes quoted quoting|email emails emailed emailing|text texted|comment comments commented
commenting|opine opines opined|elaborate elaborated|clarify clarified|hint hinted hinting|apologize
apologized apologizing|express expresses expressed expressing|voice voiced|tout touts touted touting|bemoan
bemoaned|assess assessed|pronounce pronounced|caution cautions cautioned cautioning|advise advised|inform
informed|reason reasoned|recount recounts recounted recounting|refute refutes refuted refuting
""")
"""Forms of verbs that attribute speech."""

DESCRIPTION = _words("""
call calls called calling|describe describes described describing|accuse accuses accused accusing|blast
blasts blasted blasting|label labels labeled labelled labeling labelling|dub dubs dubbed dubbing|slam slams
slammed slamming|criticize criticizes criticized criticizing|criticise criticises criticised
criticising|denounce denounces denounced denouncing|condemn condemns condemned condemning|dismiss dismisses
dismissed dismissing|praise praises praised praising|blame blames blamed blaming|mock mocks mocked
mocking|ridicule ridiculed ridiculing|refer refers referred referring|portray portrays portrayed
portraying|characterize characterizes characterized characterizing|thank thanks thanked thanking|credit
credits credited|compare compares compared comparing|question questions questioned questioning|attack
attacks attacked attacking|rebuke rebuked rebuking|hail hails hailed hailing|lash lashed lashing|decry
decries decried decrying|deride derides derided deriding|tease teased|brand brands branded branding|deem
deems deemed|liken likens likened|defend defends defended defending|mention mentions mentioned|speak speaks
spoke|talk talks talked|raise raised raising|find finds found|show shows showed shown|argues|see sees
saw|consider considers considered|hope hopes hoped hoping|plan plans planned|want wants wanted|feel feels
felt|cast casts casting|put puts|go goes went|recommend recommends recommended|call-out|vouch vouched|direct
directed|indicate indicates indicated indicating|discuss discussed|say-so|offer offers offered|issue issues
issued|use uses used using|deliver delivered|sing sang|plead pleaded|oppose opposed|reject rejects rejected
rejecting|bring brought|appear appeared|seem seemed|point points pointed pointing|signal signaled
signalled|welcome welcomed|order ordered|rule ruled|admonish admonished|scold scolded|challenge
challenged|tap tapped|share shared|pen penned|sign signed|title titled|invoke invoked|paint painted|worry
worried|urge-on|think thinks thought|believe believes believed believing|imply implies implied
implying|ponder pondered|wonder wonders wondered wondering|agree agrees agreed
""")
"""Forms of verbs that may attribute the words behind them: called it “…”."""

UTTERANCES = _words("""
accusation admission answer argument assertion assessment belief boast call calls chant chants claim claims comment
comments complaint conclusion contention description dictum insistence line mantra message mission motto observation
philosophy pledge plea prediction promise question quip remark remarks reply response slogan statement statements
suggestion tweet view vow warning words
""")
"""Nouns of what someone says: with an owner before them they attribute the words behind them."""

INVERTIBLE = _words("""
acknowledged add added adds admitted agreed announced answered argued argues ask asked asks boasted
cautioned claimed complained concluded continued continues countered declared exclaimed explained explains
insisted joked lamented mused noted notes observed predicted promised quipped read reads recalled remarked
replied replies reply reported reports responded said say says shouted stated states suggested tweeted vowed
warned write writes wrote
""")
"""Verbs that stand before their subject behind a quote: said Blinken."""

IRREGULAR = _words(
    "began broke cut fought kept made ran rang sang sent shot snuck spat swore threw took went wept"
)
"""Pasts that tell no verb by their end: shot back, broke in, chimed in."""

AMBIGUOUS = _words("""
answer answers asks attack attacks blast chant chants emails remark remarks retort state
boast boasts brand brands call calls cast cause challenge claim
claims comment comments counter credit cries cry deal demands direct feel find found go hope hopes issue
issues label labels mock note notes offer order plan plans pledge point points post posts project promise
promises proposed put question questions read reads reason report reports rule scream see share show shows sign
states talk talks text thanks thought tweet tweets email title urge use uses vow want welcome yell
""")
"""Forms that are as often a noun or an adjective: they need a subject that is plainly one."""

SKIP = _words("""
again all already also always are be been being both can could did do does earlier even first further had
has have having herself himself instead is itself just later may might must never not now often on once only
previously recently repeatedly reportedly should simply soon still subsequently themselves then therefore
thus to today twice was went were will would yesterday
""")
"""What may stand between a subject and its verb."""

STOPPERS = _words("""
after although and as because before but how if nor once or since so than that though unless until when
where whereas whether which while why yet
""")
"""Words that end a noun phrase: what follows is another clause."""

PREPOSITIONS = _words("""
about against among at between by for from in into near of on over to under with within
""")

DETERMINERS = _words("""
a all an another any both each every five four her his its many most my no one other our several some that
the their these this those three two your
""")

WEEKDAYS = _words("""
April August December February Friday January July June March May Monday November October Saturday September
Sunday Thursday Tuesday Wednesday
""")
"""Capitalised words of dates."""

TIMES = frozenset({"night", "morning", "afternoon", "evening", "week", "weekend", "month", "year", "past"})
"""Words of times that stand between a subject and its verb."""

MODIFIERS = _words("""
D I R a after along an and appearing as asked at before by during for former from himself in including now
of on one referring responding speaking the then when which while who whom whose with
""")
"""What begins an aside between commas."""

OPENERS = _words("""
Across Alongside Around Behind Beyond Following Hours Inside Minutes Near Nearly Outside Over Reprising Yet
Amid Based Given Like Per Sign Through Throughout Unless Upon Via Whether Without
A According Adding After Again All Also Although Among An And Another Are As Asked Asking At Because Before
Both But By Calling Can Citing Could Despite Did Do Does During Earlier Even For From Had Has Have He Her
Here His How However I If In Indeed Instead Is It Its Just Last Later Many May Maybe Meanwhile Most My No
Nor Not Noting Now Of On Once One Only Or Other Our Perhaps Referring Responding Several She Should Since So
Some Speaking Still Such That The Their Then There These They This Those Though Three To Today Two Under
Until Was We Well Were What When Where While Who Why Will With Would Yes Yesterday Yet
""")
"""Words that are capitalised because they begin a sentence."""

PRONOUNS = frozenset({"he", "she", "they", "it", "i", "we", "who", "himself", "herself"})

_MEN = _words("""
aaron abdul adam adrian ahmed aidan alain alan albert alberto albrecht alejandro alex alexander alfred ali alistair
alvaro amit anders andre andreas andrei andrew ansel anthony anton antonio antony arjun arnold arthur arturo ashok
augusto austin axel barack barry bart bashar ben benedict benito benjamin bernie bill billy bjorn bob bobby boris
boubacar bradley brandon brian bruce bruno bryan bryant calvin carl carlos cedric cesar charles chris christoph
christopher chuck clarence clive colin conor corey craig curtis cyril damian dan daniel daniele darren dave david
declan dennis derek diego dieter dimitri dirk dmitry dominic donald douglas duncan dwight dylan eamonn edgar eduardo
edward edwin elijah emil emmanuel enrique eric erik ernest ernesto esteban ethan eugene evan fabio felipe felix
fernando florian francesco francis francisco frank franz fred frederick friedrich gabriel gary george georges gerald
gerard gianni gilbert giovanni giuseppe glenn gordon graham greg gregory gustavo hamid hans harald harold harry hassan
hector heinrich henry herbert herman hiroshi howard hugh hugo ian ibrahim ignacio igor imran ismail ivan jack jacob
jacques jake james jan jared jason javier jay jeff jeffrey jens jeremy jerome jerry jesse jim joachim joe joel johan
johann johannes john jon jonas jonathan jordan jorge jose josef joseph josh joshua juan julian julio jurgen justin
kamal karl keir keith ken kenneth kevin khalid kim klaus kurt kwame kyle larry lars laurent lawrence lee leo leonard
leonardo lewis liam lloyd logan lorenzo louis luc luca lucas luigi luis luke magnus malcolm manuel marcel marco marcus
mario mark markus martin mason mateo mathias matt matteo matthew maurice mauricio max mehmet melvin michael miguel
mike mikhail milan mitch mitt mohamad mohamed mohammed muhammad mustafa narendra nathan neil nelson newt nicholas nick
nigel nikolai nils noah noel norman olaf oleg oliver olivier omar oscar otto pablo pascal patricio patrick paul pavel
pedro peer perry peter philip pierre pietro pranav rafael rahul rajesh ralph ramon rand randy raul raymond recep
reince rene reza ricardo riccardo richard rick rishi robert roberto rodney rodrigo roger roland rolf ron ronald rowan
roy rubén rudolf rudy rupert russell ryan sam samuel sanjay scott sean sebastian sergei sergey sergio seth shane
shehbaz sidney simon stefan stefano stephen steve steven stuart sunil sven tariq ted terry theo theodore thierry
thomas tim timothy tobias todd tom tomas tony trevor tyler ulrich umberto usman valentin vijay viktor vincent vincenzo
vladimir volodymyr walid walter warren wayne wilhelm william willie wolfgang xavier xi yannick yasser youssef yuri
yusuf zachary
""")
_WOMEN = _words("""
abigail adele adriana agnes agnieszka aiko aisha alexis alice alicia alina alison allison amanda amber amelia amina
amy ana anastasia andrea andreea angela angelina anita anja anke ann anna anneliese annette annie annika antonia aoife
ariana ashley astrid audrey aung aurelia ayesha barbara beatrice beatriz belinda bernadette beth betty beverly bianca
birgit brenda bridget brigitte brittany camila camilla carla carly carmen carol carole caroline carolyn catarina
catherine cecilia celia charlotte chelsea cheryl chiara chloe christina christine ciara claire clara claudia colette
colleen constance consuelo cristina cynthia daniela danielle danuta daria debbie deborah debra delia denisa denise
diana diane dilma dina dominique donna dora doris dorothy eileen elaine eleanor elena eleni elisa elisabeth elizabeth
ella ellen eloise elsa emily emma erica erika erin esther eugenia eva evelyn evelyne fatima fatma federica felicia
fiona frances francesca francine frederica frieda gabriela gabriele gail gemma geraldine gertrud gina giorgia gisele
gladys gloria grace greta gudrun gwen hanna hannah harriet heather heidi helen helena helga henrietta hilda hillary
hope huma ilse imelda indira ines inga ingrid irene irina isabel isabella isabelle ivanka jacinda jacqueline jana jane
janet janice janine jean jeanne jen jenna jennifer jenny jessica jill joan joanna joanne josephine joyce judith judy
julia juliana julie juliet justine kamala karen karin karina karla katarina kate katherine kathleen kathryn kathy
katja katrin katrina kayla kelly kellyanne kimberly kirsten kristen kristin kristina kylie lara larissa laura lauren
leah leila lena leonie leslie leticia lidia lillian linda lisa lisbeth liv liz lorena loretta lori lorna louisa louise
lucia lucille lucinda lucy ludmila luisa lydia lynn madison magda magdalena maggie malala manuela marcela margaret
margarita margot marguerite maria mariana marianne marie marilyn marina marion marisa marta martha martina mary
mathilde matilda maureen maya megan megyn melania melinda melissa meredith mia michelle mildred mina mira miriam moira
monica monika muriel myra nadia nadine nancy naomi natalia natalie natasha nicola nicole nikki nina noor nora norma
odile oksana olena olga olivia pamela paola patricia paula pauline penelope petra phyllis pilar polly priscilla
priyanka rachel rania raquel rebecca renata renee rhonda rita roberta rocio romy rosa rosalind rosemary roxana ruth
sabine sabrina sally samantha sandra sara sarah selma sharon sheila shirin shirley sigrid silke silvia simone siobhan
sofia solveig sonia sonja sophia stella stephanie sue susan susana susanna susanne suzanne svetlana sybil sylvia
tamara tammy tania tanya tara tatiana teresa tessa thelma theresa therese tina tracy uma ursula ute valentina valeria
valerie vanessa vera veronica veronika victoria virginia virginie vivian viviana wanda wendy wilma yasmin yolanda
yulia yvette yvonne zainab zara zeynep zoe
""")
FIRST_NAMES: dict[str, bool] = dict.fromkeys(_MEN, False) | dict.fromkeys(_WOMEN, True)
"""Given names that tell: True for a woman's."""
